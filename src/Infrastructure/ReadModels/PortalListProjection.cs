using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.ReadModels;

/// <summary>Table portal_list, key <c>portal</c>: one row per Portal.</summary>
internal sealed class PortalListProjection() : Projection<PortalRow>("portal_list/2", "portal")
{
    /// <summary>At least as many as may be open.</summary>
    private const int InvitesKept = 2 * Invites.MaxOpen;

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
        InviteCreated made => row! with { Invites = [.. row.Invites.TakeLast(InvitesKept - 1), new InviteRow(made.Invite, e.At, made.ExpiresAt, null, false)] },
        InviteUsed used => Change(row!, used.Invite, invite => invite with { UsedBy = used.By }),
        InviteRevoked revoked => Change(row!, revoked.Invite, invite => invite with { Revoked = true }),
        _ => row,
    };

    private static PortalRow Change(PortalRow row, string id, Func<InviteRow, InviteRow> change) =>
        row with { Invites = [.. row.Invites.Select(i => i.Id == id ? change(i) : i)] };

    protected override PortalSnapshot Show(PortalSnapshot snapshot, string key, PortalRow? row) => snapshot with { Portal = row! };
}
