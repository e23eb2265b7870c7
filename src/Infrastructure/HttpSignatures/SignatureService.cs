using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Keys;

namespace PeerRegistry.Infrastructure.HttpSignatures;

internal sealed class SignatureService(KeyVault vault, IReplayGuard guard, TimeProvider clock) : ISignatures
{
    private long Now => clock.GetUtcNow().ToUnixTimeSeconds();

    public ValueTask<SignatureVerdict> Verify(
        ReceivedRequest request, VerificationPlace place, Func<string, Signer?> find, ReadOnlyMemory<byte>? body, CancellationToken ct)
    {
        var now = Now;
        var verdict = Verifier.Verify(
            SignedMessage.Of(request), SignatureProfile.Of(place), find, body.GetValueOrDefault().Span, body is not null, now, out var replayKey);
        if (verdict.Reason is not null)
            return new(Counted(verdict));

        var remembered = guard.Remember(replayKey, now, ct);
        return remembered.IsCompletedSuccessfully ? new(After(verdict, remembered.Result)) : Wait(verdict, remembered);
    }

    public string? VerifyAnswer(PublicKey key, int status, ReadOnlySpan<byte> body, IFields answer, ReceivedRequest request)
    {
        var signer = new Signer(key.Id, key, IsOriginal: false);
        var profile = SignatureProfile.CoreResponse(request.Fields.Get("Signature").Count > 0 ? SignatureMaker.Label : null);
        return Verifier.Verify(new SignedMessage(request, status, answer), profile, _ => signer, body, isSeen: true, Now, out _).Reason;
    }

    public IReadOnlyList<KeyValuePair<string, string>> Sign(
        PortalId self, string tag, string method, string authority, string targetUri, ReadOnlySpan<byte> sha256, bool toOriginal) =>
        SignatureMaker.SignRequest(vault.KeyOf(self), tag, method, authority, targetUri, ContentDigest.FieldOf(sha256), Now, toOriginal);

    public IReadOnlyList<KeyValuePair<string, string>> SignOnce(
        PortalId self, string method, string authority, string targetUri, ReadOnlySpan<byte> sha256, string onceKey) =>
        SignatureMaker.SignOnce(vault.KeyOf(self), method, authority, targetUri, ContentDigest.FieldOf(sha256), Now, onceKey);

    public IReadOnlyList<KeyValuePair<string, string>> SignAnswer(
        PortalId self, int status, ReadOnlySpan<byte> body, ReceivedRequest request, string? label) =>
        SignatureMaker.SignResponse(vault.KeyOf(self), SignatureProfile.CoreResponse(label), status, ContentDigest.Field(body), request, Now);

    public IReadOnlyList<KeyValuePair<string, string>> SignAppAnswer(
        PortalId self, int status, ReadOnlySpan<byte> sha256, ReceivedRequest request, string label) =>
        SignatureMaker.SignResponse(vault.KeyOf(self), SignatureProfile.PeerResponse(label), status, ContentDigest.FieldOf(sha256), request, Now);

    public SignatureVerdict VerifyAppAnswer(PublicKey key, int status, IFields answer, ReceivedRequest request)
    {
        var signer = new Signer(key.Id, key, IsOriginal: false);
        var message = new SignedMessage(request, status, answer);
        return Verifier.Verify(message, SignatureProfile.PeerResponse(SignatureMaker.Label), _ => signer, default, isSeen: false, Now, out _);
    }

    public IBodyDigest Digest(string? contentDigest) => new BodyDigest(contentDigest);

    private static async ValueTask<SignatureVerdict> Wait(SignatureVerdict verdict, ValueTask<string?> remembered) =>
        After(verdict, await remembered);

    private static SignatureVerdict After(SignatureVerdict verdict, string? reason) =>
        Counted(reason is null ? verdict : verdict with { Signer = null, Reason = reason, ContentDigest = null });

    private static SignatureVerdict Counted(SignatureVerdict verdict)
    {
        SignatureMetrics.Count(verdict.Reason);
        return verdict;
    }
}
