using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>The head of a peer's answer, and its body to read. Disposing it ends the call.</summary>
public abstract class PeerCallAnswer : IAsyncDisposable
{
    public abstract int Status { get; }

    /// <summary>Those that pass; see <see cref="HeaderFilter"/>.</summary>
    public abstract IReadOnlyList<KeyValuePair<string, string>> Fields { get; }

    /// <summary>Complete once the body was read.</summary>
    public abstract IReadOnlyList<KeyValuePair<string, string>> Trailers { get; }

    /// <summary>The answer's body; after 101 the connection itself, both ways.</summary>
    public abstract Stream Body { get; }

    /// <summary>Set off when the call must end at once: the peer is no longer ours to call, or a limit was passed.</summary>
    public abstract CancellationToken Cut { get; }

    /// <summary>Tells that bytes went by, either way; a call that stands still is cut.</summary>
    public abstract void Moved(int bytes);

    /// <summary>While the caller does not take what is there, the peer is not to blame for what does not move.</summary>
    public abstract bool AwaitsCaller { get; set; }

    public abstract ValueTask DisposeAsync();
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
