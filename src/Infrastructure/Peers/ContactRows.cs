using Npgsql;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.EventStore;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>
/// The wanted state is overwritten, never queued. A revision is above every one before it and never behind the clock, so that a
/// restored backup does not fall below what its peers have taken.
/// </summary>
internal sealed class WantPeeringWriter : AlongsideWriter<WantPeering>
{
    protected override IEnumerable<NpgsqlBatchCommand> Write(PortalId portal, WantPeering row) =>
    [
        new(
            """
            insert into registry.peer_contacts as c (portal_id, short_id, wanted, revision, domain, key_pem, invite, meet_due_at, next_attempt_at, asked_at)
            values ($1, $2, $3, $4, $6, $7, $8, $5, $5, $9)
            on conflict (portal_id, short_id) do update set
                wanted = $3, revision = greatest(c.revision + 1, $4), domain = $6, key_pem = $7, invite = $8, meet_due_at = $5, doubted = false, restated_at = null,
                attempts = 0, failing_since = null, error_code = null, error_detail = null, error_at = null,
                next_attempt_at = $5, asked_at = $9, wakes = c.wakes + 1
            """)
        {
            Parameters =
            {
                Sql.Text(portal.Value),
                Sql.Text(row.Peer.Value),
                Sql.Text(row.Wanted.ToString()),
                Sql.Bigint(row.Now.ToUnixTimeMilliseconds()),
                Sql.Time(row.Now),
                Sql.Text(row.Domain),
                Sql.Text(row.Key?.Pem),
                Sql.Text(row.Invite),
                Sql.Time(row.ByOwner ? row.Now : null),
            },
        },
    ];
}

internal sealed class RestatePeeringsWriter : AlongsideWriter<RestatePeerings>
{
    protected override IEnumerable<NpgsqlBatchCommand> Write(PortalId portal, RestatePeerings row) =>
    [
        new(
            """
            update registry.peer_contacts
            set revision = greatest(revision + 1, $2), next_attempt_at = least(next_attempt_at, $3), wakes = wakes + 1
            where portal_id = $1 and wanted = 'Offered' and delivered > 0
            """)
        {
            Parameters = { Sql.Text(portal.Value), Sql.Bigint(row.Now.ToUnixTimeMilliseconds()), Sql.Time(row.Now) },
        },
    ];
}

/// <summary>Locks the row, so that a newer notice cannot be taken before this transaction is over.</summary>
internal sealed class RequireRevisionWriter : AlongsideWriter<RequireRevision>
{
    protected override IEnumerable<NpgsqlBatchCommand> Write(PortalId portal, RequireRevision row) =>
    [
        new(
            """
            update registry.peer_contacts set taken = case taken when $3 then taken else registry.stale_version() end
            where portal_id = $1 and short_id = $2
            """)
        {
            Parameters = { Sql.Text(portal.Value), Sql.Text(row.Peer.Value), Sql.Bigint(row.Revision) },
        },
    ];
}

internal sealed class ForgetContactWriter : AlongsideWriter<ForgetContact>
{
    protected override IEnumerable<NpgsqlBatchCommand> Write(PortalId portal, ForgetContact row) =>
    [
        new(row.Entirely
            ? "delete from registry.peer_contacts where portal_id = $1 and short_id = $2"
            : "update registry.peer_contacts set taken = 0, taken_wish = null, is_reachable = null, last_seen_at = null where portal_id = $1 and short_id = $2")
        {
            Parameters = { Sql.Text(portal.Value), Sql.Text(row.Peer.Value) },
        },
    ];
}

internal sealed class DropOfferWriter : AlongsideWriter<DropOffer>
{
    protected override IEnumerable<NpgsqlBatchCommand> Write(PortalId portal, DropOffer row) =>
    [
        new("delete from registry.peering_offers where portal_id = $1 and id = $2")
        {
            Parameters = { Sql.Text(portal.Value), Sql.Text(row.From.Value) },
        },
    ];
}
