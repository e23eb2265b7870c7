using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.ReadModels;

/// <summary>Table <c>portal_list</c>, key <c>portal</c>: one row for each Portal.</summary>
internal sealed class PortalListProjection() : Projection<Portal, PortalEvent>("portal_list/6", Portal.Stream)
{
    protected override PortalSnapshot Show(PortalSnapshot snapshot, string key, Portal? row) => snapshot with { Portal = row! };
}
