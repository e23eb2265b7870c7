using PeerRegistry.Application.Kernel;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.ReadModels;

/// <summary>Table portal_list, key <c>portal</c>: one row per Portal.</summary>
internal sealed class PortalListProjection() : Projection<PortalRow>("portal_list/1", "portal")
{
    protected override PortalRow? Fold(PortalRow? row, Recorded e) => e.Data switch
    {
        PortalCreated created => new PortalRow(
            created.Id, created.Key, $"{created.Id.Short}.{created.Zone}".ToLowerInvariant(), created.Name, null, false, null, null, null),
        ProfileChanged changed => row! with
        {
            Name = changed.Name,
            Email = changed.Email,
            EmailPublic = changed.EmailPublic,
            Description = changed.Description,
        },
        AvatarChanged changed => row! with { AvatarType = changed.MediaType, AvatarSha256 = changed.Sha256 },
        _ => row, // invites have a read model of their own
    };

    protected override PortalSnapshot Show(PortalSnapshot snapshot, string key, PortalRow? row) => snapshot with { Portal = row! };
}
