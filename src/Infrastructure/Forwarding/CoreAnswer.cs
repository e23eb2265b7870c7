using System.Net;
using System.Text.Json;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>
/// What a peer's core answers in the place of an app that its Portal does not have (docs/protocol.md, "Apps that are not there"). It is signed as the
/// core's own word: an app, or a proxy before it, cannot make one.
/// </summary>
internal static class CoreAnswer
{
    private const int MaxBytes = 4096;

    /// <param name="key">The peer's pinned key.</param>
    /// <param name="sent">The call as we sent it.</param>
    /// <exception cref="RefusedException"><c>app_not_installed</c></exception>
    public static async ValueTask Refuse(
        ISignatures signatures, PublicKey key, HttpResponseMessage response, ReceivedRequest sent, CancellationToken ct)
    {
        if (response.StatusCode != HttpStatusCode.NotFound
            || response.Content.Headers.ContentLength is not { } length || length > MaxBytes
            || !response.Headers.NonValidated.TryGetValues("Signature-Input", out var input)
            || !input.ToString().Contains(SignedAnswers.CoreTag, StringComparison.Ordinal))
            return;

        var body = await response.Content.ReadAsByteArrayAsync(ct);
        if (signatures.VerifyAnswer(key, (int)response.StatusCode, body, new MessageFields(response), sent) is null && IsNotInstalled(sent, body))
            throw new RefusedException(RefusalKind.NotFound, SignedAnswers.NotInstalled, "The peer's Portal does not have this app.");
    }

    /// <summary>An answer to HEAD has no body that could say it, and no other 404 of the core is signed.</summary>
    private static bool IsNotInstalled(in ReceivedRequest sent, byte[] body)
    {
        if (sent.Method == "HEAD")
            return true;

        try
        {
            using var problem = JsonDocument.Parse(body);
            return problem.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("code", out var code)
                && code.ValueKind == JsonValueKind.String && code.ValueEquals(SignedAnswers.NotInstalled);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
