using System.Net;
using System.Text.Json;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>
/// What a peer's core answers in the place of an app (docs/protocol.md, "Apps that are not there" and "Calls that are delivered once"). It is signed as the
/// core's own word: an app, or a proxy before it, cannot make one.
/// </summary>
internal static class CoreAnswer
{
    private const int MaxBytes = 4096;

    /// <param name="key">The peer's pinned key.</param>
    /// <param name="sent">The call as we sent it.</param>
    /// <param name="isOnce">Whether it is to be delivered once.</param>
    /// <returns>Not null if the peer's core has delivered the call before. Otherwise the answer is the app's.</returns>
    /// <exception cref="RefusedException"><c>app_not_installed</c>; <c>idempotency_key_reused</c></exception>
    public static async ValueTask<EarlierDelivery?> Read(
        ISignatures signatures, PublicKey key, HttpResponseMessage response, ReceivedRequest sent, bool isOnce, CancellationToken ct)
    {
        var mayBe = response.StatusCode == HttpStatusCode.NotFound
            || (isOnce && response.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity);
        if (!mayBe
            || response.Content.Headers.ContentLength is not { } length || length > MaxBytes
            || !response.Headers.NonValidated.TryGetValues("Signature-Input", out var input)
            || !input.ToString().Contains(SignedAnswers.CoreTag, StringComparison.Ordinal))
            return null;

        var body = await response.Content.ReadAsByteArrayAsync(ct);
        if (signatures.VerifyAnswer(key, (int)response.StatusCode, body, new MessageFields(response), sent) is not null)
            return null;

        // An answer to HEAD has no body that could say it, and with each of these statuses the core signs one thing only.
        var code = sent.Method == "HEAD" ? CodeOf(response.StatusCode) : Read(body, out _);
        return code switch
        {
            SignedAnswers.NotInstalled => throw new RefusedException(RefusalKind.NotFound, code, "The peer's Portal does not have this app."),
            SignedAnswers.KeyReused => throw new RefusedException(RefusalKind.Unprocessable, code, "The peer has had another call with this key."),
            SignedAnswers.AlreadyDelivered => new EarlierDelivery(Read(body, out var status) is null ? null : status),
            _ => null,
        };
    }

    private static string? CodeOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.NotFound => SignedAnswers.NotInstalled,
        HttpStatusCode.Conflict => SignedAnswers.AlreadyDelivered,
        _ => SignedAnswers.KeyReused,
    };

    /// <param name="status">What the app answered the first time, or null if that is not said.</param>
    /// <returns>The code, or null if this is no problem with a code.</returns>
    private static string? Read(byte[] body, out int? status)
    {
        status = null;
        try
        {
            using var problem = JsonDocument.Parse(body);
            if (problem.RootElement is not { ValueKind: JsonValueKind.Object } root || !root.TryGetProperty("code", out var code)
                || code.ValueKind != JsonValueKind.String)
                return null;
            if (root.TryGetProperty("answer_status", out var first) && first.TryGetInt32(out var number) && number is >= 100 and < 600)
                status = number;
            return code.GetString();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
