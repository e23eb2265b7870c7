using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Http;

/// <summary>
/// A failure as the caller sees it, in <c>application/problem+json</c> (RFC 9457). Every listener and middleware writes its failures
/// with <see cref="Write"/>, which does not depend on <c>Accept</c> or a formatter, so it works for every caller.
/// </summary>
/// <param name="Status">400 to 599.</param>
/// <param name="Code">A stable code in snake case, for programs.</param>
/// <param name="Detail">One sentence for people, safe to show to the caller, or null if the code says all that is known.</param>
/// <param name="Reason">A second stable code that says why, or null if <paramref name="Code"/> says all.</param>
/// <param name="RetryAfter">Sent as <c>Retry-After</c>. If null, it is 5 seconds with 429 and 503, and is not sent otherwise.</param>
internal sealed record Problem(int Status, string Code, string? Detail, TimeSpan? RetryAfter = null, string? Reason = null)
{
    /// <summary>What an app has answered to a call before, where the problem is that it was delivered before; else null.</summary>
    public int? AnswerStatus { get; init; }

    private static readonly TimeSpan UsualWait = TimeSpan.FromSeconds(5);

    /// <summary>The problem for a status without further information, such as 404, 405 and 415 from routing.</summary>
    public static Problem OfStatus(int status) => status switch
    {
        400 => new(status, "request_invalid", null),
        401 => new(status, "not_authenticated", null),
        403 => new(status, "forbidden", null),
        404 => new(status, "not_found", null),
        405 => new(status, "method_not_allowed", "This path does not support this method. The Allow header lists the supported ones."),
        408 => new(status, "request_too_slow", "The body was sent too slowly."),
        413 => new(status, "body_too_large", "The body is larger than this path accepts."),
        415 => new(status, "content_type_unsupported", "This path does not accept a body with this Content-Type."),
        429 => new(status, "rate_limited", null),
        431 => new(status, "head_too_large", "The address and headers of this request are larger than 32 KiB in all."),
        503 => new(status, "unavailable", null),
        _ => new(status, status < 500 ? "request_invalid" : "internal_error", null),
    };

    public static Problem Of(RefusedException refused) => new((int)refused.Kind, refused.Code, refused.Message, refused.RetryAfter, refused.Reason);

    /// <summary>Writes the whole response. It does not set <c>Allow</c>, which is only known where the method was refused.</summary>
    /// <param name="status">The status of the response, or null if it is the same as in the body.</param>
    public async Task Write(HttpContext context, int? status = null)
    {
        context.Response.StatusCode = status ?? Status;
        AddFields(context.Response.Headers);
        if (context.RequestServices.GetService<IProblemPage>() is not { } page || !page.IsWanted(context) || !await TryWrite(page, context))
            await WriteJson(context.Response);
    }

    private async Task<bool> TryWrite(IProblemPage page, HttpContext context)
    {
        try
        {
            await page.Write(context, this);
            return true;
        }
        catch (Exception fault) when (!context.Response.HasStarted)
        {
            context.RequestServices.GetRequiredService<ILogger<Problem>>().LogError(fault, "The page for a {Status} cannot be rendered", Status);
            return false;
        }
    }

    /// <summary>Sets the header fields that RFC 9110 requires: how to authenticate for a 401 (11.6.1), when to retry for a 429 or 503 (10.2.3).</summary>
    public void AddFields(IHeaderDictionary headers)
    {
        headers.CacheControl = "no-store";
        if (Status == StatusCodes.Status401Unauthorized && headers.WWWAuthenticate.Count == 0)
            headers.WWWAuthenticate = "Bearer realm=\"portal\"";
        if ((RetryAfter ?? (Status is 429 or 503 ? UsualWait : null)) is { } wait)
            headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
    }

    private async Task WriteJson(HttpResponse response)
    {
        var body = Json();
        response.ContentType = "application/problem+json";
        response.ContentLength = body.Length; // also for HEAD, whose response has only the head
        await response.BodyWriter.WriteAsync(body);
    }

    /// <summary>The body of the response to a program.</summary>
    public ReadOnlyMemory<byte> Json()
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("title"u8, ReasonPhrases.GetReasonPhrase(Status));
            json.WriteNumber("status"u8, Status);
            if (Detail is not null)
                json.WriteString("detail"u8, Detail);
            json.WriteString("code"u8, Code);
            if (Reason is not null)
                json.WriteString("reason"u8, Reason);
            if (AnswerStatus is { } status)
                json.WriteNumber("answer_status"u8, status);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}

/// <summary>Renders a problem as a page, for people.</summary>
internal interface IProblemPage
{
    /// <summary>Whether the caller is a navigating browser rather than a program.</summary>
    bool IsWanted(HttpContext context);

    /// <summary>Writes the body. The status and the header fields are already set.</summary>
    Task Write(HttpContext context, Problem problem);
}
