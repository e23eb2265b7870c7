using Marten;
using Marten.Exceptions;
using Npgsql;
using PeerRegistry.Application.Apps;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Messaging;
using PeerRegistry.Infrastructure.Peers;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Webhooks;

/// <param name="Version">0 if the app was told nothing yet.</param>
internal sealed record Told(long Version, IReadOnlyDictionary<ShortId, PeerInSight> Peers);

/// <summary>Tables <c>webhooks</c> and <c>webhook_peers</c>: what each app was told of its peers.</summary>
internal sealed class ToldPeers(NpgsqlDataSource database, IDocumentStore store, Outbox outbox, TimeProvider clock)
{
    /// <param name="peers">The peers to look up, or null for all.</param>
    public async Task<Told> Read(PortalId portal, string app, IReadOnlyCollection<ShortId>? peers, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select w.version, p.short_id, p.peer_id, p.name, p.domain, p.status, p.is_reachable
            from registry.webhooks w
            left join registry.webhook_peers p on p.portal_id = w.portal_id and p.app = w.app and ($3::text[] is null or p.short_id = any($3))
            where w.portal_id = $1 and w.app = $2
            """);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(app));
        command.Parameters.Add(Sql.TextsOrNull(peers?.Select(peer => peer.Value).ToList()));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var (version, known) = (0L, new Dictionary<ShortId, PeerInSight>());
        while (await reader.ReadAsync(ct))
        {
            version = reader.GetInt64(0);
            if (!reader.IsDBNull(1))
            {
                var id = reader.Short(1);
                known.Add(id, new(
                    reader.GetString(2), id, reader.GetString(3), reader.GetString(4), Enum.Parse<PeerStatus>(reader.GetString(5)), reader.BooleanOrNull(6)));
            }
        }

        return new(version, known);
    }

    /// <summary>Stores events and the states that they tell, with the message that has them posted, in one transaction.</summary>
    /// <param name="version">The version that was read.</param>
    /// <returns>False if somebody else has told the app something since.</returns>
    public async Task<bool> Tell(PortalId portal, App app, long version, IReadOnlyList<PeerNews> news, CancellationToken ct)
    {
        await using var session = store.LightweightSession(portal.Value);
        session.Queue(
            """
            insert into registry.webhooks as w (portal_id, app, registered, version) values ($1, $2, $3, 1)
            on conflict (portal_id, app) do update set version = case w.version when $4 then w.version + 1 else registry.stale_version() end
            """,
            session.Portal(),
            Sql.Text(app.Name),
            Sql.Bigint(app.RegisteredAt.ToUnixTimeMilliseconds()),
            Sql.Bigint(version));
        var now = clock.GetUtcNow();
        foreach (var each in news)
        {
            if (each.Kind == PeerNewsKind.Removed)
                WaitingEvents.Withdraw(session, app.Name, each, now);
            else
                WaitingEvents.Add(session, app.Name, each, now);
        }

        foreach (var last in news.GroupBy(each => each.Peer.Short).Select(of => of.Last()))
            Keep(session, app.Name, last);
        await outbox.Publish(session, new DeliverWebhooks(portal, app.Name));
        try
        {
            await session.SaveChangesAsync(ct);
            return true;
        }
        catch (MartenCommandException e) when (AppendFailures.MeansStale(e))
        {
            return false;
        }
    }

    /// <returns>The apps of a Portal that were told something, with the time of their registration in Unix ms.</returns>
    public async Task<IReadOnlyList<(string App, long Registered)>> FindApps(PortalId portal, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select app, registered from registry.webhooks where portal_id = $1");
        command.Parameters.Add(Sql.Text(portal.Value));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<(string, long)>();
        while (await reader.ReadAsync(ct))
            found.Add((reader.GetString(0), reader.GetInt64(1)));
        return found;
    }

    /// <summary>Forgets what an app was told, and what waits for it.</summary>
    public async Task Forget(PortalId portal, string app, long registered, CancellationToken ct)
    {
        await using var command = database.CreateCommand("delete from registry.webhooks where portal_id = $1 and app = $2 and registered = $3");
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(app));
        command.Parameters.Add(Sql.Bigint(registered));
        await command.ExecuteNonQueryAsync(ct);
    }

    private static void Keep(IDocumentSession session, string app, PeerNews last)
    {
        if (last.Kind == PeerNewsKind.Removed)
        {
            session.Queue(
                "delete from registry.webhook_peers where portal_id = $1 and app = $2 and short_id = $3",
                session.Portal(), Sql.Text(app), Sql.Text(last.Peer.Short.Value));
            return;
        }

        session.Queue(
            """
            insert into registry.webhook_peers (portal_id, app, short_id, peer_id, name, domain, status, is_reachable) values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (portal_id, app, short_id) do update set peer_id = $4, name = $5, domain = $6, status = $7, is_reachable = $8
            """,
            session.Portal(),
            Sql.Text(app),
            Sql.Text(last.Peer.Short.Value),
            Sql.Text(last.Peer.Id),
            Sql.Text(last.Peer.Name),
            Sql.Text(last.Peer.Domain),
            Sql.Text(last.Peer.Status.ToString()),
            Sql.BooleanOrNull(last.Peer.IsReachable));
    }
}
