using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

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
        return [.. Ordered(sameSight ? changed : Both(before)).SelectMany(peer => PeerNews.Between(before.Find(was, peer), Find(now, peer)))];
    }

    /// <summary>What an app is told if it was last told of these peers.</summary>
    /// <param name="told">The peers as they were told. Peers of <paramref name="asked"/> that are missing are unknown to the app.</param>
    /// <param name="asked">The peers to compare.</param>
    public IReadOnlyList<PeerNews> NewsSince(IReadOnlyDictionary<ShortId, PeerInSight> told, IEnumerable<ShortId> asked, string app)
    {
        var now = Portal.Apps.GetValueOrDefault(app);
        return [.. Ordered(asked).SelectMany(peer => PeerNews.Between(told.GetValueOrDefault(peer), Find(now, peer)))];
    }

    private static IEnumerable<ShortId> Ordered(IEnumerable<ShortId> peers) => peers.OrderBy(peer => peer.Value, StringComparer.Ordinal);

    private PeerInSight? Find(App? app, ShortId id) => app is not null && Portal.Peers.TryGetValue(id, out var peer) && ListVisiblePeers.Sees(app, peer)
        ? new(peer.Id?.Value ?? peer.Typed.Value, id, peer.Name, peer.Domain, peer.Status, ReachableOf(id))
        : null;

    private bool? ReachableOf(ShortId peer) => Reachable.TryGetValue(peer, out var reachable) ? reachable : null;

    private IEnumerable<ShortId> Both(PeersInSight before) => Portal.Peers.Keys.Concat(before.Portal.Peers.Keys.Where(peer => !Portal.Peers.ContainsKey(peer)));
}
