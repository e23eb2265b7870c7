using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>HTTP header or trailer fields as received: several values where a field came several times.</summary>
public interface IFields
{
    /// <returns>Empty where the field is absent.</returns>
    IReadOnlyList<string> Get(string name);
}

/// <summary>A request as its sender made it (RFC 9421 section 2.2).</summary>
/// <param name="Scheme"><c>https</c> between Portals.</param>
/// <param name="Authority">The Host as received, lower case; a port only if one was sent.</param>
/// <param name="Target">Raw path and query, origin-form, untouched.</param>
public readonly record struct ReceivedRequest(string Method, string Scheme, string Authority, string Target, IFields Fields);

/// <summary>Where a request arrived; decides which tag is right and how much may be missing.</summary>
public enum VerificationPlace
{
    /// <summary>An app's host, by way of forward-auth: tag <c>portal-peer</c>; none only from an original.</summary>
    App,

    /// <summary>The core's own paths: tag <c>portal-core</c> only.</summary>
    Core,
}

/// <summary>A key that may have signed.</summary>
public sealed record Signer(PortalId Id, PublicKey Key, bool IsOriginal);

/// <param name="Signer">Set when everything held.</param>
/// <param name="Reason">Why not: one of <see cref="SignatureReasons"/>. Null when all held.</param>
/// <param name="ContentDigest">The verified field value; null where none was covered (an original's).</param>
/// <param name="Label">Of the signature that was judged.</param>
/// <param name="KeyId">As claimed; for the owner's view of refusals.</param>
/// <param name="SignatureBase">That we expected; for the owner's view of refusals.</param>
public readonly record struct SignatureVerdict(
    Signer? Signer, string? Reason, string? ContentDigest, string? Label, string? KeyId = null, string? SignatureBase = null)
{
    /// <summary>It named a tag, as originals never do.</summary>
    public bool Tagged { get; init; }
}

/// <summary>The one way into the profile of docs/protocol.md.</summary>
public interface ISignatures
{
    /// <param name="find">By keyid as claimed; null: unknown.</param>
    /// <param name="body">Null where it is not seen; then the digest is only covered, not compared.</param>
    ValueTask<SignatureVerdict> Verify(
        ReceivedRequest request, VerificationPlace place, Func<string, Signer?> find, ReadOnlyMemory<byte>? body, CancellationToken ct);

    /// <summary>Fields to add to an outgoing request: Content-Digest, Signature-Input, Signature.</summary>
    /// <param name="tag"><c>portal-peer</c> or <c>portal-core</c>.</param>
    /// <param name="targetUri">Absolute, exactly as it will be sent.</param>
    /// <param name="sha256">Of the body, empty or not; 32 bytes.</param>
    /// <exception cref="Domain.Common.RefusedException"><c>path_ambiguous</c>: an original would verify another target than is signed.</exception>
    IReadOnlyList<KeyValuePair<string, string>> Sign(
        PortalId self, string tag, string method, string authority, string targetUri, ReadOnlySpan<byte> sha256, bool toOriginal);

    /// <summary>Fields to add to an answer of the core: Content-Digest, Signature-Input, Signature, bound to the request.</summary>
    /// <param name="label">Of the request's own signature; null: it was not signed.</param>
    IReadOnlyList<KeyValuePair<string, string>> SignAnswer(PortalId self, int status, ReadOnlySpan<byte> body, ReceivedRequest request, string? label);

    /// <summary>Whether another core's answer is signed with this key and bound to the request that we sent.</summary>
    /// <param name="answer">The answer's header fields.</param>
    /// <param name="request">As we sent it; its own signature, where it had one, is among its fields.</param>
    /// <returns>Null: it is; else one of <see cref="SignatureReasons"/>.</returns>
    string? VerifyAnswer(PublicKey key, int status, ReadOnlySpan<byte> body, IFields answer, ReceivedRequest request);
}
