using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>A peer's response to a call. The call ends when the message is disposed of, or its body.</summary>
public abstract class PeerCallAnswer
{
    /// <summary>Its body is to be read; after 101 it is the connection itself, both ways.</summary>
    public abstract HttpResponseMessage Message { get; }

    /// <summary>Those that pass; see <see cref="HeaderFilter"/>.</summary>
    public abstract IReadOnlyList<KeyValuePair<string, string>> Fields { get; }

    /// <summary>Complete once the body was read.</summary>
    public abstract IReadOnlyList<KeyValuePair<string, string>> Trailers { get; }

    /// <summary>Set off when the call must end at once: the peer is no longer ours to call, or a limit was passed.</summary>
    public abstract CancellationToken Cut { get; }
}

/// <summary>Calls by apps to the same app on a peer's Portal, signed for them.</summary>
public interface IPeerCalls
{
    /// <exception cref="RefusedException">
    /// <c>peer_unreachable</c>; <c>peer_timeout</c>; <c>answer_invalid</c>; <c>rate_limited</c>; <c>body_too_large</c>; <c>storage_full</c>;
    /// <c>path_ambiguous</c>; and if it is removed, blocked or hidden meanwhile <c>peer_unknown</c>, <c>peering_not_mutual</c>
    /// </exception>
    /// <param name="peer">The one that the call may go to.</param>
    Task<PeerCallAnswer> Send(CallPeer call, PeerRow peer, CancellationToken ct);
}
