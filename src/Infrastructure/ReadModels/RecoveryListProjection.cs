using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Devices;

namespace PeerRegistry.Infrastructure.ReadModels;

/// <summary>Table <c>recovery_list</c>: one row for each Portal that ever had a recovery sheet.</summary>
internal sealed class RecoveryListProjection() : Projection<RecoverySheet, RecoveryEvent>("recovery_list/1", RecoverySheet.Stream)
{
    protected override PortalSnapshot Show(PortalSnapshot snapshot, string key, RecoverySheet? row) => snapshot with { Recovery = row };
}
