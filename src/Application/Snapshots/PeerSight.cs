using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Snapshots;

public static class PeerSight
{
    /// <summary>The most apps that a peer is told of, and that are kept of what a peer tells.</summary>
    public const int MaxAnnounced = 100;

    /// <summary>
    /// Whether the owner lets the app see the peer, by name or by a circle. Everything that decides what an app and a peer may have to do with each
    /// other asks here, thousands of times a second: nothing is looked up and nothing is allocated.
    /// </summary>
    public static bool Shows(this App app, Peer peer) => app.Visibility.Shows(peer.Id, peer.Circles);

    /// <summary>The names of the apps that see the peer, which the peer so may use: what it is told, if the owner tells peers of apps.</summary>
    /// <returns>Null if the peer is told nothing: it is not mutual, or the owner does not want it.</returns>
    public static IReadOnlyList<string>? Announced(this PortalSnapshot portal, Peer? peer) => portal.Portal.AnnouncesApps && peer is { IsMutual: true }
        ? [.. portal.Apps.Values.Where(app => app.Shows(peer)).Select(app => app.Name).Order(StringComparer.Ordinal).Take(MaxAnnounced)]
        : null;

    /// <summary>
    /// What is kept of what a peer says about its apps: names that an app can have, each once, and not more than are told ourselves. Null if it does not say.
    /// </summary>
    public static IReadOnlyCollection<string>? Claimed(IReadOnlyList<string?>? said) => said is null
        ? null
        : [.. said.OfType<string>().Where(AppName.IsValid).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(MaxAnnounced)];

    /// <summary>Whether an app sees a mutual peer differently once it is in these circles, so that it has to be told.</summary>
    public static bool SeeDifferently(this PortalSnapshot portal, Peer peer, CircleSet circles) => portal.Portal.AnnouncesApps && peer.IsMutual
        && portal.Apps.Values.Any(app => app.Shows(peer) != app.Visibility.Shows(peer.Id, circles));

    /// <summary>The mutual peers that see an app differently from before, and so have to be told.</summary>
    public static IReadOnlyCollection<ShortId> Differing(this PortalSnapshot portal, Visibility before, Visibility after) => portal.Portal.AnnouncesApps
        ? [.. portal.Peers.Values
            .Where(peer => peer.IsMutual && before.Shows(peer.Id, peer.Circles) != after.Shows(peer.Id, peer.Circles)).Select(peer => peer.Short)]
        : [];
}
