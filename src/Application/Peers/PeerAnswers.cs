using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Kernel;

namespace PeerRegistry.Application.Peers;

/// <summary>What another core answers: strangers' input, whose unknown members are skipped.</summary>
internal static class PeerAnswers
{
    private static readonly TimeSpan TolerableSkew = TimeSpan.FromSeconds(20);

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <exception cref="RefusedException"><c>answer_invalid</c></exception>
    public static T Read<T>(PeerAnswer answer)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(answer.Body.Span, Json) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new RefusedException(RefusalKind.Unreachable, "answer_invalid", "What answered there does not speak as a Portal does.");
        }
    }

    public static byte[] Write<T>(T message) => JsonSerializer.SerializeToUtf8Bytes(message, Json);

    public static RefusedException Unexpected(PeerAnswer answer, TimeProvider clock) => Skew(answer, clock) ?? answer.Status switch
    {
        429 or 503 => new(RefusalKind.Unreachable, "peer_busy", "It asked to be left alone for a moment.") { RetryAfter = RetryAfter(answer, clock) },
        401 or 403 => new(RefusalKind.Unreachable, "peer_refused", "It does not take our signature."),
        _ => new(RefusalKind.Unreachable, "peer_unreachable", $"What answered there sent the status {answer.Status}."),
    };

    public static RefusedException Unsigned(string reason, PeerAnswer answer, TimeProvider clock) => Skew(answer, clock) ??
        new(RefusalKind.Unreachable, "answer_unsigned", $"Its answer is not signed as it has to be ({reason}).");

    /// <summary>RFC 9110, section 10.2.3: seconds or a date. Null if the field is missing, repeated or malformed.</summary>
    private static TimeSpan? RetryAfter(PeerAnswer answer, TimeProvider clock) =>
        answer.Fields.Get("Retry-After") is [var text] && RetryConditionHeaderValue.TryParse(text, out var value)
            ? value.Delta ?? value.Date - clock.GetUtcNow()
            : null;

    private static RefusedException? Skew(PeerAnswer answer, TimeProvider clock)
    {
        var skew = answer.Date - clock.GetUtcNow();
        return skew?.Duration() > TolerableSkew
            ? new(RefusalKind.Unreachable, "clock_skew", string.Create(CultureInfo.InvariantCulture, $"Its clock and ours are {skew.Value.Duration().TotalSeconds:F0} s apart."))
            : null;
    }
}
