using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Application.Peers;

/// <summary>Reads the responses of other cores. They are untrusted input; unknown members are ignored.</summary>
internal static class PeerAnswers
{
    /// <summary>As far ahead as a signature may have been made (docs/protocol.md, "Verification").</summary>
    private static readonly TimeSpan TolerableSkew = TimeSpan.FromSeconds(5);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <exception cref="RefusedException"><c>not_a_portal</c>; <c>answer_invalid</c></exception>
    public static T Read<T>(PeerAnswer answer)
    {
        if (!MayBeAPortals(answer))
            throw NotAPortal();

        try
        {
            return JsonSerializer.Deserialize<T>(answer.Body.Span, Json) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new RefusedException(RefusalKind.Unreachable, "answer_invalid", "The peer's answer is malformed.");
        }
    }

    public static byte[] Write<T>(T message) => JsonSerializer.SerializeToUtf8Bytes(message, Json);

    /// <summary>The refusal for a response whose status is not 200.</summary>
    public static RefusedException Unexpected(PeerAnswer answer, TimeProvider clock) => answer.Status switch
    {
        429 or 503 => new(RefusalKind.Unreachable, "peer_busy", "The peer is busy and asks to be contacted later.") { RetryAfter = RetryAfter(answer, clock) },
        >= 400 and < 500 when !MayBeAPortals(answer) => NotAPortal(),
        _ when Skew(answer) is { } skew => skew,
        401 or 403 => new(RefusalKind.Unreachable, "peer_refused", "The peer does not accept this Portal's signature."),
        _ => new(RefusalKind.Unreachable, "peer_unreachable", $"The server at the peer's address answers with status {answer.Status}."),
    };

    /// <param name="reason">One of <see cref="SignatureReasons"/>.</param>
    public static RefusedException Unsigned(string reason, PeerAnswer answer) =>
        Skew(answer) ?? (reason == SignatureReasons.CreatedInFuture
            ? ClocksDiffer("The peer's clock is more than 5 s ahead of this Portal's.")
            : new RefusedException(RefusalKind.Unreachable, "answer_unsigned", $"The peer's answer does not carry a valid signature ({reason})."));

    /// <summary>RFC 9110, section 10.2.3: seconds or a date. Null if the field is missing, repeated or malformed.</summary>
    private static TimeSpan? RetryAfter(PeerAnswer answer, TimeProvider clock) =>
        answer.Fields.Get("Retry-After") is [var text] && RetryConditionHeaderValue.TryParse(text, out var value)
            ? value.Delta ?? value.Date - clock.GetUtcNow()
            : null;

    /// <summary>A core always responds in JSON, also to errors. An HTML page comes from something else, such as a web host or a CDN.</summary>
    private static bool MayBeAPortals(PeerAnswer answer) => answer.Fields.Get("Content-Type") switch
    {
        [] => true,
        [var type] => type.AsSpan()[..(type.IndexOf(';', StringComparison.Ordinal) is >= 0 and var end ? end : type.Length)].TrimEnd()
            .EndsWith("json", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    private static RefusedException NotAPortal() =>
        new(RefusalKind.Unreachable, "not_a_portal", "The server at the peer's address is not a Portal: it answers with a page.");

    private static RefusedException? Skew(PeerAnswer answer) => answer.ClockOffset.Duration() > TolerableSkew
        ? ClocksDiffer(string.Create(
            CultureInfo.InvariantCulture,
            $"The peer's clock is {answer.ClockOffset.Duration().TotalSeconds:F0} s {(answer.ClockOffset > TimeSpan.Zero ? "ahead of" : "behind")} this Portal's; signatures allow for 5 s."))
        : null;

    private static RefusedException ClocksDiffer(string message) => new(RefusalKind.Unreachable, "clock_skew", message);
}
