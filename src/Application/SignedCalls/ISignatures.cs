using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>HTTP header or trailer fields as received. A field that came several times has several values.</summary>
public interface IFields
{
    /// <returns>Empty if the field is absent.</returns>
    IReadOnlyList<string> Get(string name);
}

/// <summary>A request as its sender made it (RFC 9421 section 2.2).</summary>
/// <param name="Scheme"><c>https</c> between Portals.</param>
/// <param name="Authority">The <c>Host</c> as received, in lower case, with a port only if one was sent.</param>
/// <param name="Target">Raw path and query in origin-form, unchanged.</param>
public readonly record struct ReceivedRequest(string Method, string Scheme, string Authority, string Target, IFields Fields);

/// <summary>The place where a request arrived, which decides the required tag and what may be missing.</summary>
public enum VerificationPlace
{
    /// <summary>An app's host, through forward-auth. The tag is <c>portal-peer</c>; only an original may omit it.</summary>
    App,

    /// <summary>The core's own paths. The tag is <c>portal-core</c>.</summary>
    Core,
}

/// <summary>A Portal whose signature is accepted.</summary>
public sealed record Signer(PortalId Id, PublicKey Key, bool IsOriginal);

/// <param name="Signer">The signer, or null if the signature was refused or absent.</param>
/// <param name="Reason">One of <see cref="SignatureReasons"/>, or null if the signature is valid.</param>
/// <param name="ContentDigest">The verified field value, or null if the signature does not cover it, as those of originals do not.</param>
/// <param name="Label">The label of the signature that was checked.</param>
/// <param name="KeyId">The claimed key, shown to the owner with a refusal.</param>
/// <param name="SignatureBase">The expected signature base, shown to the owner with a refusal.</param>
public readonly record struct SignatureVerdict(
    Signer? Signer, string? Reason, string? ContentDigest, string? Label, string? KeyId = null, string? SignatureBase = null)
{
    /// <summary>Whether the signature has a tag. Those of originals have none.</summary>
    public bool Tagged { get; init; }

    /// <summary>The verified <c>Idempotency-Key</c> of a call that is to be delivered once, or null.</summary>
    public string? OnceKey { get; init; }
}

/// <summary>Signs and verifies messages by the profile in docs/protocol.md.</summary>
public interface ISignatures
{
    /// <param name="find">Finds the signer by the claimed <c>keyid</c>, or returns null.</param>
    /// <param name="body">Null if the body is not available. Its digest must then be covered, but is not compared.</param>
    ValueTask<SignatureVerdict> Verify(
        ReceivedRequest request, VerificationPlace place, Func<string, Signer?> find, ReadOnlyMemory<byte>? body, CancellationToken ct);

    /// <summary>Returns the fields to add to an outgoing request: Content-Digest, Signature-Input, Signature.</summary>
    /// <param name="tag"><c>portal-peer</c> or <c>portal-core</c>.</param>
    /// <param name="targetUri">The absolute URI, exactly as it will be sent.</param>
    /// <param name="sha256">The hash of the body, which may be empty; 32 bytes.</param>
    /// <exception cref="Domain.Common.RefusedException"><c>path_ambiguous</c>: an original would verify another target than is signed.</exception>
    IReadOnlyList<KeyValuePair<string, string>> Sign(
        PortalId self, string tag, string method, string authority, string targetUri, ReadOnlySpan<byte> sha256, bool toOriginal);

    /// <summary>The same for a call of an app that is to be delivered once.</summary>
    /// <param name="onceKey">The value of <c>Idempotency-Key</c>, which the request has already.</param>
    IReadOnlyList<KeyValuePair<string, string>> SignOnce(
        PortalId self, string method, string authority, string targetUri, ReadOnlySpan<byte> sha256, string onceKey);

    /// <summary>Returns the fields to add to a response of the core, bound to the request: Content-Digest, Signature-Input, Signature.</summary>
    /// <param name="label">The label of the request's own signature, or null if it was not signed.</param>
    IReadOnlyList<KeyValuePair<string, string>> SignAnswer(PortalId self, int status, ReadOnlySpan<byte> body, ReceivedRequest request, string? label);

    /// <summary>Returns the fields to add to a response of an app, bound to the peer's signed request: Content-Digest, Signature-Input, Signature.</summary>
    /// <param name="sha256">The hash of the body, which may be empty; 32 bytes.</param>
    /// <param name="label">The label of the request's own signature.</param>
    IReadOnlyList<KeyValuePair<string, string>> SignAppAnswer(
        PortalId self, int status, ReadOnlySpan<byte> sha256, ReceivedRequest request, string label);

    /// <summary>Checks that an app's response is signed by its Portal with this key and bound to the request that we sent. The body is not compared.</summary>
    /// <param name="answer">The fields with the signature: those of the header, or the trailers.</param>
    /// <param name="request">The request as we sent it, with its signature among its fields.</param>
    SignatureVerdict VerifyAppAnswer(PublicKey key, int status, IFields answer, ReceivedRequest request);

    /// <summary>Begins to hash a body that is compared with a <c>Content-Digest</c> at its end.</summary>
    /// <param name="contentDigest">A valid field, whose known algorithms are computed, or null if it comes after the body. Then sha-256 is computed.</param>
    IBodyDigest Digest(string? contentDigest);

    /// <summary>Checks that another core's response is signed with this key and bound to the request that we sent.</summary>
    /// <param name="answer">The response's header fields.</param>
    /// <param name="request">The request as we sent it. If it was signed, its signature is among its fields.</param>
    /// <returns>Null if it is, else one of <see cref="SignatureReasons"/>.</returns>
    string? VerifyAnswer(PublicKey key, int status, ReadOnlySpan<byte> body, IFields answer, ReceivedRequest request);
}
