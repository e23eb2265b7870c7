using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>What an app is told of a peer that it sees. While two of them are equal, the app notices no change.</summary>
/// <param name="Id">The known part of the ID; from first contact on, all 103 characters.</param>
/// <param name="IsReachable">Null before first contact.</param>
public sealed record PeerInSight(string Id, ShortId Short, string Name, string Domain, PeerStatus Status, bool? IsReachable)
{
    /// <summary>Whether a later state is of the same Portal, of whose ID more may be known.</summary>
    public bool IsSame(PeerInSight later) => later.Id.StartsWith(Id, StringComparison.Ordinal);
}

public enum PeerNewsKind
{
    /// <summary>The app sees the peer from now on.</summary>
    Visible,

    Renamed,

    Mutual,

    Withdrawn,

    Reachable,

    Unreachable,

    /// <summary>Anything else that the app is told of a peer has changed, such as its domain or the known part of its ID.</summary>
    Changed,

    /// <summary>The app does not see the peer any more: it was removed, or hidden from the app. These are never told apart.</summary>
    Removed,
}

/// <param name="Peer">Its present state, or with <see cref="PeerNewsKind.Removed"/> its last one.</param>
public sealed record PeerNews(PeerNewsKind Kind, PeerInSight Peer);

/// <summary>The peers of a Portal at one moment, with what no snapshot holds.</summary>
/// <param name="Reachable">Whether each peer can be reached. A peer that was never contacted is missing.</param>
public sealed record PeersInSight(PortalSnapshot Portal, IReadOnlyDictionary<ShortId, bool> Reachable)
{
    /// <summary>What the app sees.</summary>
    public IEnumerable<PeerInSight> Of(string app) => Portal.Apps.TryGetValue(app, out var known)
        ? Ordered(Portal.Peers.Keys).Select(peer => Find(known, peer)).OfType<PeerInSight>()
        : [];

    /// <returns>The peers that have changed since an earlier moment, whoever sees them.</returns>
    public IReadOnlyCollection<ShortId> ChangedSince(PeersInSight before) =>
        ReferenceEquals(before.Portal.Peers, Portal.Peers) && ReferenceEquals(before.Reachable, Reachable)
            ? []
            : [.. Both(before).Where(peer => !ReferenceEquals(before.Portal.Peers.GetValueOrDefault(peer), Portal.Peers.GetValueOrDefault(peer))
                || before.ReachableOf(peer) != ReachableOf(peer))];

    /// <summary>
    /// What an app is told of the time since <paramref name="before"/>. It follows from what the app sees at both moments and from nothing else, so a peer that
    /// is hidden, by whatever means, cannot be told from one that was removed.
    /// </summary>
    /// <param name="changed">See <see cref="ChangedSince"/>.</param>
    public IReadOnlyList<PeerNews> NewsSince(PeersInSight before, IReadOnlyCollection<ShortId> changed, string app)
    {
        var (was, now) = (before.Portal.Apps.GetValueOrDefault(app), Portal.Apps.GetValueOrDefault(app));
        var sameSight = was is not null && now is not null && was.Visibility == now.Visibility;
        return [.. Ordered(sameSight ? changed : Both(before)).SelectMany(peer => Compare(before.Find(was, peer), Find(now, peer)))];
    }

    private static IEnumerable<ShortId> Ordered(IEnumerable<ShortId> peers) => peers.OrderBy(peer => peer.Value, StringComparer.Ordinal);

    private static IEnumerable<PeerNews> Compare(PeerInSight? was, PeerInSight? now)
    {
        if (was is not null && (now is null || !was.IsSame(now)))
            yield return new(PeerNewsKind.Removed, was);
        if (now is null || was == now)
            yield break;

        if (was is null || !was.IsSame(now))
        {
            yield return new(PeerNewsKind.Visible, now);
            yield break;
        }

        if (was.Name != now.Name)
            yield return new(PeerNewsKind.Renamed, now);
        if (was.Status != now.Status && now.Status != PeerStatus.Pending)
            yield return new(now.Status == PeerStatus.Mutual ? PeerNewsKind.Mutual : PeerNewsKind.Withdrawn, now);
        if (was.IsReachable != now.IsReachable && now.IsReachable is { } reachable)
            yield return new(reachable ? PeerNewsKind.Reachable : PeerNewsKind.Unreachable, now);
        if (was.Id != now.Id || was.Domain != now.Domain || (was.Status != now.Status && now.Status == PeerStatus.Pending)
            || (was.IsReachable is not null && now.IsReachable is null))
            yield return new(PeerNewsKind.Changed, now);
    }

    private PeerInSight? Find(App? app, ShortId id) => app is not null && Portal.Peers.TryGetValue(id, out var peer) && ListVisiblePeers.Sees(app, peer)
        ? new(peer.Id?.Value ?? peer.Typed.Value, id, peer.Name, peer.Domain, peer.Status, ReachableOf(id))
        : null;

    private bool? ReachableOf(ShortId peer) => Reachable.TryGetValue(peer, out var reachable) ? reachable : null;

    private IEnumerable<ShortId> Both(PeersInSight before) => Portal.Peers.Keys.Concat(before.Portal.Peers.Keys.Where(peer => !Portal.Peers.ContainsKey(peer)));
}
