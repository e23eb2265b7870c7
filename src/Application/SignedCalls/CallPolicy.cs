using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>
/// Whether an app may call a peer, by one snapshot and without a look anywhere else: asked before the call, before its answer
/// is passed on, and for as long as it is open.
/// </summary>
public static class CallPolicy
{
    /// <param name="id">As it stands in the path: the full or the short ID and no other spelling.</param>
    /// <param name="refusal">
    /// <c>peer_unknown</c>, for malformed, absent, removed, blocked and hidden ones alike; <c>peering_not_mutual</c>; null: it may.
    /// </param>
    /// <returns>The peer, whose <see cref="PeerRow.Domain"/> is the only source of the host; null when refused.</returns>
    public static PeerRow? Authorize(PortalSnapshot portal, string app, ReadOnlySpan<char> id, out RefusedException? refusal)
    {
        var peer = Find(portal, id);
        if (peer is null || !portal.Apps.TryGetValue(app, out var row) || !row.Visibility.Shows(peer.Id))
        {
            refusal = new RefusedException(RefusalKind.NotFound, "peer_unknown", "There is no such peer, or this app may not see it.");
            return null;
        }

        refusal = peer.MayBeCalled ? null : new RefusedException(RefusalKind.Conflict, "peering_not_mutual", "The peer has not added this Portal, or took it back.");
        return refusal is null ? peer : null;
    }

    public static string Host(string app, PeerRow peer) => $"{app}.{peer.Domain}";

    private static PeerRow? Find(PortalSnapshot portal, ReadOnlySpan<char> id)
    {
        var isFull = id.Length == PortalId.Length;
        if (!ShortId.TryParse((isFull ? id[..ShortId.Length] : id).ToString(), out var key) || !portal.Peers.TryGetValue(key, out var peer))
            return null;

        return peer.Listed && !peer.Blocked && (!isFull || (peer.Id is { } full && id.SequenceEqual(full.Value))) ? peer : null;
    }
}
