using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>One request of our core to another Portal's core.</summary>
/// <param name="Domain">The host to send it to, over https on port 443. It is always that of the stored contact, never input.</param>
/// <param name="PathAndQuery">In origin-form.</param>
/// <param name="Signed">Whether to sign it, with the tag <c>portal-core</c>. Requests to <c>whoareyou</c> are not signed.</param>
/// <param name="ExpectedSigner">The pinned key, or null if it is not known yet; then <see cref="PeerAnswer.VerifyWith"/> verifies the response.</param>
public sealed record PeerMessage(
    PortalId Self, HttpMethod Method, string Domain, string PathAndQuery, ReadOnlyMemory<byte> Body, bool Signed, PublicKey? ExpectedSigner, bool ToOriginal)
{
    /// <summary>The entity tag of the stored version, or null if there is none.</summary>
    public string? IfNoneMatch { get; init; }
}

/// <param name="Body">At most 1 MiB.</param>
/// <param name="Fields">The response's header fields, for verifying the signature with a key from its body.</param>
/// <param name="ClockOffset">
/// By how much the peer's clock is at least ahead of ours according to the response's <c>Date</c>, negative if it is behind. Zero if the clocks may
/// agree, or if there is no <c>Date</c>.
/// </param>
/// <param name="SignatureReason">Null if the response is signed by the expected key and bound to our request, else the reason
/// (<c>signature_missing</c>, …).</param>
public sealed record PeerAnswer(int Status, ReadOnlyMemory<byte> Body, IFields Fields, TimeSpan ClockOffset, string? SignatureReason)
{
    /// <summary>Verifies the response with a key from its body. Null if the signature is valid.</summary>
    public required Func<PublicKey, string?> VerifyWith { get; init; }
}

public interface IPeerMessages
{
    /// <exception cref="Domain.Common.RefusedException">
    /// <c>peer_unreachable</c>; <c>peer_timeout</c>; <c>name_unresolved</c>; <c>connection_refused</c>; <c>certificate_…</c>;
    /// <c>tls_failed</c>; <c>answer_invalid</c>: docs/protocol.md has them all.
    /// </exception>
    Task<PeerAnswer> Send(PeerMessage message, CancellationToken ct);
}
