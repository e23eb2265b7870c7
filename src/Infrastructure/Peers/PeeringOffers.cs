using Marten;
using Npgsql;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Snapshots;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>
/// Table <c>peering_offers</c>. State <c>Open</c> is in the inbox; <c>Ignored</c> and <c>Withdrawn</c> are kept so that the same
/// revision does not come in again, capped like the open ones.
/// </summary>
internal sealed class PeeringOffers(NpgsqlDataSource database, PortalChanges changes, TimeProvider clock) : IPeeringOffers
{
    private const int AtMost = 100;
    private const int AtMostOfNetwork = 5;
    private const string Columns = "id, name, domain, revision, first_seen_at, last_seen_at, seen";
    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    // The parameters of all that follow: $1 portal, $2 id, $3 network, $4 name, $5 domain, $6 revision, $7 now, $8 expiry, $9 AtMost, $10 AtMostOfNetwork.
    private const string Lock = "select pg_advisory_xact_lock(hashtextextended('peering_offers' || $1, 0))";

    private const string Expire = "delete from registry.peering_offers where portal_id = $1 and last_seen_at < $8";

    private const string Trim =
        """
        delete from registry.peering_offers where portal_id = $1 and id in (
            select id from registry.peering_offers where portal_id = $1 and state <> 'Open' order by last_seen_at desc, id offset $9)
        """;

    private const string Renew =
        """
        update registry.peering_offers set
            state = case when state = 'Ignored' then state else 'Open' end, name = $4, domain = $5, revision = $6, network = $3, last_seen_at = $7
        where portal_id = $1 and id = $2 and revision < $6
        """;

    private const string IsNew =
        """
        not exists (select from registry.peering_offers where portal_id = $1 and id = $2)
        and (select count(*) from registry.peering_offers where portal_id = $1 and network = $3) < $10
        """;

    private const string Insert =
        $"""
        insert into registry.peering_offers (portal_id, id, state, name, domain, revision, network, first_seen_at, last_seen_at)
        select $1, $2, 'Open', $4, $5, $6, $3, $7, $7
        where {IsNew}
        """;

    /// <summary>
    /// Where the inbox is over-full, the newest offer of the most crowded network gives way first, be it the one that has just come. Crowds are
    /// counted by /16 or /32 and then by /24 or /48: many small networks of one owner are a crowd, too. So a flood displaces itself,
    /// and neither an earlier offer nor a later one from elsewhere.
    /// </summary>
    private const string GiveWay =
        """
        delete from registry.peering_offers where portal_id = $1 and id in (
            select id from (
                select id, seen, first_seen_at, network, count(*) over (partition by network) as near,
                    count(*) over (partition by set_masklen(network::cidr, case family(network::cidr) when 4 then 16 else 32 end)) as wide
                from registry.peering_offers where portal_id = $1 and state = 'Open') as offer
            where not seen order by wide desc, near desc, first_seen_at desc, id
            limit greatest(0, (select count(*) from registry.peering_offers where portal_id = $1 and state = 'Open') - $9))
        """;

    /// <summary>One round trip and one transaction: strangers wait for each other here, and anybody can make many of them.</summary>
    public async Task Keep(PortalId portal, PeeringOffer offer, string network, CancellationToken ct)
    {
        var expiry = clock.GetUtcNow() - Kept;
        await using var batch = database.CreateBatch();
        foreach (var statement in new[] { Lock, Expire, Trim, Renew, Insert, GiveWay })
        {
            batch.BatchCommands.Add(new(statement)
            {
                Parameters =
                {
                    Sql.Text(portal.Value),
                    Sql.Text(offer.Id.Value),
                    Sql.Text(network),
                    Sql.Text(offer.Name),
                    Sql.Text(offer.Domain),
                    Sql.Bigint(offer.Revision),
                    Sql.Time(offer.LastSeenAt),
                    Sql.Time(expiry),
                    Sql.Bigint(AtMost),
                    Sql.Bigint(AtMostOfNetwork),
                },
            });
        }

        if (await batch.ExecuteNonQueryAsync(ct) > 0)
            changes.Changed(portal);
    }

    public Task Withdraw(PortalId portal, PortalId from, long revision, CancellationToken ct) => Execute(
        portal,
        """
        update registry.peering_offers set state = case when state = 'Ignored' then state else 'Withdrawn' end, revision = $3
        where portal_id = $1 and id = $2 and revision < $3
        """,
        ct,
        Sql.Text(from.Value),
        Sql.Bigint(revision));

    public async Task<IReadOnlyList<PeeringOffer>> List(PortalId portal, string after, int limit, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"""
            select {Columns} from registry.peering_offers
            where portal_id = $1 and state = 'Open' and last_seen_at >= $4 and id collate "C" > $2 order by id collate "C" limit $3
            """);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(after));
        command.Parameters.Add(Sql.Bigint(limit));
        command.Parameters.Add(Sql.Time(clock.GetUtcNow() - Kept));
        return await Read(command, ct);
    }

    public async Task<IReadOnlyList<PortalId>> FindNew(PortalId portal, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "select id from registry.peering_offers where portal_id = $1 and state = 'Open' and not seen and last_seen_at >= $2");
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Time(clock.GetUtcNow() - Kept));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<PortalId>();
        while (await reader.ReadAsync(ct))
            found.Add(PortalId.Parse(reader.GetString(0)));
        return found;
    }

    public async Task<IReadOnlyList<PeeringOffer>> ListIgnored(PortalId portal, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"""
            select {Columns} from registry.peering_offers
            where portal_id = $1 and state = 'Ignored' and last_seen_at >= $2 order by last_seen_at desc, id
            """);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Time(clock.GetUtcNow() - Kept));
        return await Read(command, ct);
    }

    public Task MarkSeen(PortalId portal, CancellationToken ct) =>
        Execute(portal, "update registry.peering_offers set seen = true where portal_id = $1 and state = 'Open' and not seen", ct);

    public async Task<PeeringOffer?> Find(PortalId portal, PortalId from, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            $"select {Columns} from registry.peering_offers where portal_id = $1 and id = $2 and state in ('Open', 'Ignored') and last_seen_at >= $3");
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(from.Value));
        command.Parameters.Add(Sql.Time(clock.GetUtcNow() - Kept));
        return (await Read(command, ct)) is [var offer] ? offer : null;
    }

    public async Task<bool> Ignore(PortalId portal, PortalId from, CancellationToken ct) => await Execute(
        portal, "update registry.peering_offers set state = 'Ignored' where portal_id = $1 and id = $2 and state = 'Open'", ct, Sql.Text(from.Value)) > 0;

    public async Task<bool> TakeBack(PortalId portal, PortalId from, CancellationToken ct) => await Execute(
        portal,
        "update registry.peering_offers set state = 'Open', seen = true where portal_id = $1 and id = $2 and state = 'Ignored'",
        ct,
        Sql.Text(from.Value)) > 0;

    public void Drop(IDocumentSession session, PortalId from) => session.Queue(
        "delete from registry.peering_offers where portal_id = $1 and id = $2", session.Portal(), Sql.Text(from.Value));

    private static async Task<List<PeeringOffer>> Read(NpgsqlCommand command, CancellationToken ct)
    {
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<PeeringOffer>();
        while (await reader.ReadAsync(ct))
        {
            found.Add(new PeeringOffer(
                PortalId.Parse(reader.GetString(0)), reader.TextOrNull(1), reader.GetString(2), reader.GetInt64(3),
                reader.Time(4)!.Value, reader.Time(5)!.Value)
            {
                Seen = reader.GetBoolean(6),
            });
        }

        return found;
    }

    /// <param name="parameters">The parameters from $2 on; $1 is the Portal.</param>
    private async Task<int> Execute(PortalId portal, string statement, CancellationToken ct, params NpgsqlParameter[] parameters)
    {
        await using var command = database.CreateCommand(statement);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.AddRange(parameters);
        var rows = await command.ExecuteNonQueryAsync(ct);
        if (rows > 0)
            changes.Changed(portal);
        return rows;
    }
}
