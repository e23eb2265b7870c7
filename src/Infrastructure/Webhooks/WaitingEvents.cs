using System.Security.Cryptography;
using Marten;
using Npgsql;
using PeerRegistry.Application.Apps;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Messaging;
using PeerRegistry.Infrastructure.Peers;
using PeerRegistry.Infrastructure.Snapshots;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Webhooks;

/// <summary>Table <c>webhook_events</c>: the events that wait to be posted, and what the owner does with those that fail.</summary>
internal sealed class WaitingEvents(NpgsqlDataSource database, IDocumentStore store, Outbox outbox, PortalChanges changes, TimeProvider clock) : IWebhookEvents
{
    /// <summary>How long an event is tried before the core gives up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromDays(3);

    private const string Inserted =
        "insert into registry.webhook_events (portal_id, app, id, short_id, peer_id, aspect, kind, body, created_at, next_attempt_at, give_up_at)";

    private const string Replaced =
        """
        on conflict (portal_id, app, peer_id, aspect) do update set number = excluded.number, id = excluded.id, kind = excluded.kind, body = excluded.body,
            created_at = excluded.created_at, next_attempt_at = excluded.next_attempt_at, give_up_at = excluded.give_up_at, attempts = 0, given_up_at = null,
            error = null, status = null
        """;

    /// <summary>Adds an event. It takes the place of an earlier one about the same aspect of the peer, which is outdated by it.</summary>
    public static void Add(IDocumentSession session, string app, PeerNews news, DateTimeOffset now) =>
        session.Queue($"{Inserted} values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10) {Replaced}", Values(session, app, news, now));

    /// <summary>
    /// Deletes what waits about a peer that disappears, and adds that it did. If the app was never sent that the peer appeared, it is told nothing.
    /// </summary>
    public static void Withdraw(IDocumentSession session, string app, PeerNews removed, DateTimeOffset now) => session.Queue(
        $"""
        with gone as (
            delete from registry.webhook_events where portal_id = $1 and app = $2 and short_id = $4 and aspect <> $6 returning aspect, attempts)
        {Inserted}
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10 where not exists (select from gone where aspect = 'presence' and attempts = 0)
        {Replaced}
        """,
        Values(session, app, removed, now));

    public async Task<IReadOnlyList<UndeliveredEvent>> List(PortalId portal, string app, string? after, int limit, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select id, kind, peer_id, short_id, created_at, attempts, error, status, next_attempt_at, given_up_at from registry.webhook_events
            where portal_id = $1 and app = $2 and error is not null
                and number > coalesce((select number from registry.webhook_events where portal_id = $1 and app = $2 and id = $3), 0)
            order by number limit $4
            """);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(app));
        command.Parameters.Add(Sql.Text(after));
        command.Parameters.Add(Sql.Bigint(limit));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<UndeliveredEvent>();
        while (await reader.ReadAsync(ct))
        {
            var givenUp = reader.Time(9);
            found.Add(new(
                reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.Short(3), reader.Time(4)!.Value, reader.GetInt32(5),
                reader.GetString(6), reader.IsDBNull(7) ? null : reader.GetInt32(7), givenUp is null ? reader.Time(8) : null, givenUp));
        }

        return found;
    }

    public async Task<bool> Redeliver(PortalId portal, string app, string id, CancellationToken ct)
    {
        if (!await Exists(portal, app, id, ct))
            return false;

        var now = clock.GetUtcNow();
        await using var session = store.LightweightSession(portal.Value);
        session.Queue(
            """
            update registry.webhook_events
            set number = nextval('registry.webhook_events_number_seq'), given_up_at = null, next_attempt_at = $4, give_up_at = $5
            where portal_id = $1 and app = $2 and id = $3
            """,
            session.Portal(),
            Sql.Text(app),
            Sql.Text(id),
            Sql.Time(now),
            Sql.Time(now + Patience));
        await outbox.Publish(session, new DeliverWebhooks(portal, app));
        await session.SaveChangesAsync(ct);
        changes.Changed(portal);
        return true;
    }

    public async Task<bool> Discard(PortalId portal, string app, string id, CancellationToken ct)
    {
        await using var command = database.CreateCommand("delete from registry.webhook_events where portal_id = $1 and app = $2 and id = $3");
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(app));
        command.Parameters.Add(Sql.Text(id));
        if (await command.ExecuteNonQueryAsync(ct) == 0)
            return false;

        changes.Changed(portal);
        return true;
    }

    private async Task<bool> Exists(PortalId portal, string app, string id, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select true from registry.webhook_events where portal_id = $1 and app = $2 and id = $3");
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(app));
        command.Parameters.Add(Sql.Text(id));
        return await command.ExecuteScalarAsync(ct) is true;
    }

    private static NpgsqlParameter[] Values(IDocumentSession session, string app, PeerNews news, DateTimeOffset now) =>
    [
        session.Portal(), Sql.Text(app), Sql.Text($"msg_{RandomNumberGenerator.GetHexString(32, lowercase: true)}"), Sql.Text(news.Peer.Short.Value),
        Sql.Text(news.Peer.Id), Sql.Text(AspectOf(news.Kind)), Sql.Text(news.Kind.Name()), Sql.Text(news.Webhook(now)), Sql.Time(now), Sql.Time(now + Patience),
    ];

    /// <summary>Two events of one aspect contradict or repeat each other.</summary>
    private static string AspectOf(PeerNewsKind kind) => kind switch
    {
        PeerNewsKind.Visible => "presence",
        PeerNewsKind.Removed => "absence",
        PeerNewsKind.Renamed => "name",
        PeerNewsKind.Mutual or PeerNewsKind.Withdrawn => "status",
        PeerNewsKind.Reachable or PeerNewsKind.Unreachable => "reach",
        _ => "other",
    };
}
