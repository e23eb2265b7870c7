using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>One request of our core to another Portal's core.</summary>
/// <param name="Domain">Host to ask, over https on port 443, never from input but from the stored contact.</param>
/// <param name="PathAndQuery">Origin-form.</param>
/// <param name="Signed">With tag <c>portal-core</c>; whoareyou goes unsigned.</param>
/// <param name="ExpectedSigner">The pinned key; null: not known yet, so ask <see cref="PeerAnswer.VerifyWith"/>.</param>
public sealed record PeerMessage(
    PortalId Self, HttpMethod Method, string Domain, string PathAndQuery, ReadOnlyMemory<byte> Body, bool Signed, PublicKey? ExpectedSigner, bool ToOriginal)
{
    /// <summary>The entity tag of what is here already; null: nothing is.</summary>
    public string? IfNoneMatch { get; init; }
}

/// <param name="Body">At most 1 MiB.</param>
/// <param name="Fields">The answer's header fields, to verify a signature with a key that its body brings.</param>
/// <param name="ClockOffset">
/// How far the peer's clock is ahead of ours at least, going by the answer's <c>Date</c>; negative if it is behind. Zero if the two
/// may agree, or if there is no <c>Date</c>.
/// </param>
/// <param name="SignatureReason">Null: signed by the expected key and bound to our request; else why not (<c>signature_missing</c>, …).</param>
public sealed record PeerAnswer(int Status, ReadOnlyMemory<byte> Body, IFields Fields, TimeSpan ClockOffset, string? SignatureReason)
{
    /// <summary>Verifies the answer with a key that only its body made known; null: good.</summary>
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
