using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>
/// Decides by one snapshot, and nothing else, whether an app may call a peer. It is asked before the call, before the response is forwarded, and
/// while the call is open.
/// </summary>
public static class CallPolicy
{
    /// <param name="id">The full or the short ID as in the path, in no other spelling.</param>
    /// <param name="refusal">
    /// <c>peer_unknown</c> for a malformed, absent, removed, blocked or hidden peer alike; <c>peering_not_mutual</c>; <c>original_needs_rsa</c>; or null if
    /// the app may call it.
    /// </param>
    /// <returns>The peer, whose <see cref="Peer.Domain"/> is the only source of the host, or null if refused.</returns>
    public static Peer? Authorize(PortalSnapshot portal, string app, ReadOnlySpan<char> id, out RefusedException? refusal)
    {
        var peer = Find(portal, id);
        if (peer is null || !portal.Apps.TryGetValue(app, out var row) || !row.Shows(peer))
        {
            refusal = new RefusedException(RefusalKind.NotFound, "peer_unknown", "There is no such peer, or this app may not see it.");
            return null;
        }

        refusal = peer switch
        {
            { MayBeCalled: false } =>
                new RefusedException(RefusalKind.Conflict, "peering_not_mutual", "The peer has not added this Portal, or has removed it again."),
            _ when !peer.Understands(portal.Portal.Key.Kind) =>
                new RefusedException(RefusalKind.Conflict, "original_needs_rsa", "The peer runs the original core, which knows only RSA keys. This Portal has another."),
            _ => null,
        };
        return refusal is null ? peer : null;
    }

    /// <summary>Whether an app may see this peer, mutual or not.</summary>
    public static bool Sees(PortalSnapshot portal, string app, PortalId peer) =>
        Find(portal, peer.Value) is { } found && portal.Apps.TryGetValue(app, out var row) && row.Shows(found);

    public static string Host(string app, Peer peer) => $"{app}.{peer.Domain}";

    private static Peer? Find(PortalSnapshot portal, ReadOnlySpan<char> id)
    {
        var isFull = id.Length == PortalId.Length;
        if (!ShortId.TryParse((isFull ? id[..ShortId.Length] : id).ToString(), out var key) || !portal.Peers.TryGetValue(key, out var peer))
            return null;

        return peer.Listed && !peer.Blocked && (!isFull || (peer.Id is { } full && id.SequenceEqual(full.Value))) ? peer : null;
    }
}
