using System.Diagnostics;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.ReadModels;

/// <summary>Table <c>peer_list</c>, key the short ID.</summary>
internal sealed class PeerListProjection() : Projection<Peer, PeerEvent>("peer_list/4", "peer-")
{
    protected override PortalSnapshot Show(PortalSnapshot snapshot, string key, Peer? row)
    {
        if (!ShortId.TryParse(key, out var id))
            throw new UnreachableException($"peer-{key}");

        return snapshot with { Peers = row is null ? snapshot.Peers.Remove(id) : snapshot.Peers.SetItem(id, row) };
    }
}
