using System.Text.Json;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Http;

/// <summary>The one place where an exception becomes an answer. Only a fault of our own is logged with its stack trace.</summary>
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

    /// <summary>What a failure means to the caller.</summary>
    public static Problem ToProblem(Exception exception) => exception switch
    {
        RefusedException refused => Problem.Of(refused),
        BadHttpRequestException { InnerException: RefusedException refused } => Problem.Of(refused),
        BadHttpRequestException { InnerException: JsonException json } => new(400, "json_invalid", Where(json)),
        JsonException json => new(400, "json_invalid", Where(json)),
        BadHttpRequestException { StatusCode: 408 or 413 or 415 } bad => Problem.OfStatus(bad.StatusCode),
        BadHttpRequestException bad => new(bad.StatusCode, "request_invalid", "The request is not of the form that this path takes."),
        _ when DatabaseFailures.MeansUnavailable(exception) => Problem.Of(DatabaseUnavailable.Refusal()),
        _ => new(500, "internal_error", "Something went wrong here. The log of this Portal says what."),
    };

    /// <summary>For <c>UseStatusCodePages</c>: a status without a body gets one.</summary>
    public static Task FillIn(HttpContext context) => Problem.OfStatus(context.Response.StatusCode).Write(context);

    private async Task Answer(HttpContext context, Exception exception)
    {
        if (context.RequestAborted.IsCancellationRequested)
            return; // the caller has hung up, which is no fault and leaves nobody to answer

        var problem = ToProblem(exception);
        if (problem.Status == 500)
            log.LogError(exception, "Unhandled failure of {Method} {Path}", context.Request.Method, context.Request.Path);
        if (context.Response.HasStarted)
        {
            context.Abort(); // half an answer must not look whole
            return;
        }

        context.Response.Clear();
        await problem.Write(context);
    }

    private static string Where(JsonException json) =>
        $"The JSON is not as expected at {json.Path ?? "$"}, line {(json.LineNumber ?? 0) + 1}, byte {(json.BytePositionInLine ?? 0) + 1}.";
}
