using System.Text.Json;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Http;

/// <summary>Turns every exception into a response. Only bugs of our own are logged with a stack trace.</summary>
internal sealed class Errors(RequestDelegate next, ILogger<Errors> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception exception)
        {
            await Answer(context, exception);
        }
    }

    /// <summary>Describes a failure to the caller.</summary>
    public static Problem ToProblem(Exception exception) => exception switch
    {
        RefusedException refused => Problem.Of(refused),
        BadHttpRequestException { InnerException: RefusedException refused } => Problem.Of(refused),
        BadHttpRequestException { InnerException: JsonException json } => new(400, "json_invalid", Where(json)),
        JsonException json => new(400, "json_invalid", Where(json)),
        BadHttpRequestException { StatusCode: 408 or 413 or 415 } bad => Problem.OfStatus(bad.StatusCode),
        BadHttpRequestException bad => new(bad.StatusCode, "request_invalid", "The request does not have the form that this path requires."),
        _ when DatabaseFailures.MeansUnavailable(exception) => Problem.Of(DatabaseUnavailable.Refusal()),
        _ => new(500, "internal_error", "An internal error occurred. Its cause is in the log of this Portal."),
    };

    /// <summary>Writes a body for a response that has only a status; for <c>UseStatusCodePages</c>.</summary>
    public static Task FillIn(HttpContext context) => Problem.OfStatus(context.Response.StatusCode).Write(context);

    private async Task Answer(HttpContext context, Exception exception)
    {
        if (context.RequestAborted.IsCancellationRequested)
            return; // the caller has disconnected, which is not an error, and cannot receive a response

        var problem = ToProblem(exception);
        if (problem.Status == 500)
            log.LogError(exception, "Unhandled failure of {Method} {Path}", context.Request.Method, context.Request.Path);
        if (context.Response.HasStarted)
        {
            context.Abort(); // an incomplete response must not look complete
            return;
        }

        context.Response.Clear();
        await problem.Write(context);
    }

    private static string Where(JsonException json) =>
        $"The JSON does not have the expected form at {json.Path ?? "$"}, line {(json.LineNumber ?? 0) + 1}, byte {(json.BytePositionInLine ?? 0) + 1}.";
}
