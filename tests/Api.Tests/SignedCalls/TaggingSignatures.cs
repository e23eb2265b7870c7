using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.SignedCalls;

/// <summary>Signs with the bare tag and says of an answer what it was given to check.</summary>
internal sealed class TaggingSignatures : ISignatures
{
    public static readonly PublicKey AnyKey = PublicKey.Ed25519(new byte[32]);

    public ValueTask<SignatureVerdict> Verify(
        ReceivedRequest request, VerificationPlace place, Func<string, Signer?> find, ReadOnlyMemory<byte>? body, CancellationToken ct) =>
        throw new NotSupportedException();

    public IReadOnlyList<KeyValuePair<string, string>> Sign(
        PortalId self, string tag, string method, string authority, string targetUri, ReadOnlySpan<byte> sha256, bool toOriginal) =>
    [
        new("Content-Digest", $"sha-256=:{Convert.ToBase64String(sha256)}:"),
        new("Signature-Input", tag),
        new("Signature", $"{method} {authority} {targetUri}"),
    ];

    public IReadOnlyList<KeyValuePair<string, string>> SignOnce(
        PortalId self, string method, string authority, string targetUri, ReadOnlySpan<byte> sha256, string onceKey) => throw new NotSupportedException();

    public IReadOnlyList<KeyValuePair<string, string>> SignAnswer(
        PortalId self, int status, ReadOnlySpan<byte> body, ReceivedRequest request, string? label) =>
        throw new NotSupportedException();

    public IReadOnlyList<KeyValuePair<string, string>> SignAppAnswer(
        PortalId self, int status, ReadOnlySpan<byte> sha256, ReceivedRequest request, string label) => throw new NotSupportedException();

    public SignatureVerdict VerifyAppAnswer(PublicKey key, int status, IFields answer, ReceivedRequest request) =>
        new(null, SignatureReasons.Missing, null, null);

    public IBodyDigest Digest(string? contentDigest) => throw new NotSupportedException();

    public string? VerifyAnswer(PublicKey key, int status, ReadOnlySpan<byte> body, IFields answer, ReceivedRequest request) =>
        $"{status} {request.Scheme} {request.Authority} {string.Join(',', request.Fields.Get("Signature-Input"))}";
}
