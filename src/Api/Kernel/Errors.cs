using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using PeerRegistry.Domain.Kernel;

namespace PeerRegistry.Api.Kernel;

/// <summary>The one place where a failure becomes an answer: <c>application/problem+json</c> (RFC 9457) with a stable <c>code</c>.</summary>
internal sealed class Errors(IProblemDetailsService problems, ILogger<Errors> log) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
            return true;

        var (status, code, detail) = exception switch
        {
            RefusedException refused => ((int)refused.Kind, refused.Code, refused.Message),
            BadHttpRequestException { StatusCode: 413 } => (413, "body_too_large", "The body is larger than is taken here."),
            BadHttpRequestException { InnerException: RefusedException refused } => ((int)refused.Kind, refused.Code, refused.Message),
            BadHttpRequestException { InnerException: JsonException json } => (400, "json_invalid", Where(json)),
            BadHttpRequestException { StatusCode: 415 } => (415, "media_type_unsupported", "This path takes application/json."),
            BadHttpRequestException bad => (bad.StatusCode, "request_invalid", "The request is not of the form that this path takes."),
            JsonException json => (400, "json_invalid", Where(json)),
            _ => (500, "internal_error", "Something went wrong here. The log of this Portal says what."),
        };
        if (status == 500)
            log.LogError(exception, "Unhandled failure of {Method} {Path}", httpContext.Request.Method, httpContext.Request.Path);
        if (exception is RefusedException { RetryAfter: { } wait })
            httpContext.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);

        httpContext.Response.StatusCode = status;
        return await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            ProblemDetails = new ProblemDetails { Status = status, Detail = detail, Extensions = { ["code"] = code } },
        });
    }

    /// <summary>
    /// Answers without an exception behind them (no such path, no such method) get a code, too. The trace id goes: what is hidden and
    /// what does not exist are answered with the same bytes.
    /// </summary>
    public static void AddCode(ProblemDetailsContext context)
    {
        context.ProblemDetails.Extensions.Remove("trace_id");
        context.ProblemDetails.Extensions.TryAdd("code", context.ProblemDetails.Status switch
        {
            400 => "request_invalid",
            401 => "not_authenticated",
            403 => "forbidden",
            404 => "not_found",
            405 => "method_not_allowed",
            413 => "body_too_large",
            415 => "media_type_unsupported",
            429 => "rate_limited",
            _ => "internal_error",
        });
    }

    private static string Where(JsonException json) =>
        $"The JSON is not as expected at {json.Path ?? "$"}, line {(json.LineNumber ?? 0) + 1}, byte {(json.BytePositionInLine ?? 0) + 1}.";
}
