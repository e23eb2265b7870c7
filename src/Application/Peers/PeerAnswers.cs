using System.Net.Http.Headers;
using System.Text.Json;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Application.Peers;

/// <summary>Reads the responses of other cores. They are untrusted input; unknown members are ignored.</summary>
internal static class PeerAnswers
{
    /// <summary>Header fields by which the large CDNs mark what passes through them.</summary>
    private static readonly string[] CdnFields = ["CF-Ray", "X-Amz-Cf-Id", "X-Served-By", "X-Azure-Ref", "X-Sucuri-ID", "X-Akamai-Request-ID"];

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <exception cref="RefusedException"><c>not_a_portal</c>; <c>page_instead</c>; <c>answer_invalid</c></exception>
    public static T Read<T>(PeerAnswer answer)
    {
        if (!MayBeAPortals(answer))
            throw Page(answer).Refusal();

        try
        {
            return JsonSerializer.Deserialize<T>(answer.Body.Span, Json) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw PeerFault.AnswerInvalid.Refusal();
        }
    }

    public static byte[] Write<T>(T message) => JsonSerializer.SerializeToUtf8Bytes(message, Json);

    /// <summary>The refusal for a response whose status is not 200.</summary>
    public static RefusedException Unexpected(PeerAnswer answer, TimeProvider clock) => answer.Status switch
    {
        429 or 503 when MayBeAPortals(answer) => PeerFault.Busy.Refusal(retryAfter: RetryAfter(answer, clock)),
        >= 400 when !MayBeAPortals(answer) => Page(answer).Refusal($"The status was {answer.Status}.", RetryAfter(answer, clock)),
        < 400 or 404 or 405 or 421 => PeerFault.NotAPortal.Refusal($"The status was {answer.Status}."),
        _ when PeerFault.Skew(answer.ClockOffset) is { } skew => skew,
        401 or 403 => PeerFault.Refused.Refusal(),
        _ => PeerFault.StatusUnexpected.Refusal($"The status was {answer.Status}."),
    };

    /// <param name="reason">One of <see cref="SignatureReasons"/>.</param>
    public static RefusedException Unsigned(string reason, PeerAnswer answer) =>
        PeerFault.Skew(answer.ClockOffset) ?? (reason == SignatureReasons.CreatedInFuture
            ? PeerFault.ClockSkew.Refusal("Their clock is ahead of this Portal's.")
            : PeerFault.AnswerUnsigned.Refusal($"({reason})"));

    /// <summary>RFC 9110, section 10.2.3: seconds or a date. Null if the field is missing, repeated or malformed.</summary>
    private static TimeSpan? RetryAfter(PeerAnswer answer, TimeProvider clock) =>
        answer.Fields.Get("Retry-After") is [var text] && RetryConditionHeaderValue.TryParse(text, out var value)
            ? value.Pause(clock)
            : null;

    /// <summary>A core always responds in JSON, also to errors. An HTML page comes from something else, such as a web host or a CDN.</summary>
    private static bool MayBeAPortals(PeerAnswer answer) => answer.Fields.Get("Content-Type") switch
    {
        [] => true,
        [var type] => type.AsSpan()[..(type.IndexOf(';', StringComparison.Ordinal) is >= 0 and var end ? end : type.Length)].TrimEnd()
            .EndsWith("json", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    /// <summary>
    /// A page that says that it comes from a CDN, or whose status is that of a gatekeeper, stands in for the Portal. Any other is that of a web host.
    /// </summary>
    private static PeerFault Page(PeerAnswer answer) =>
        answer.Status is 403 or 407 or 429 or >= 500 || Array.Exists(CdnFields, name => answer.Fields.Get(name).Count > 0)
            ? PeerFault.PageInstead
            : PeerFault.NotAPortal;
}
