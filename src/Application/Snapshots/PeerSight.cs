using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Peers;

namespace PeerRegistry.Application.Snapshots;

public static class PeerSight
{
    /// <summary>
    /// Whether the owner lets the app see the peer, by name or by a circle. Everything that decides what an app and a peer may have to do with each
    /// other asks here, thousands of times a second: nothing is looked up and nothing is allocated.
    /// </summary>
    public static bool Shows(this App app, Peer peer) => app.Visibility.Shows(peer.Id, peer.Circles);
}
