using Npgsql;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Peers;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Webhooks;

/// <param name="Attempts">Those before this one.</param>
/// <param name="GiveUpAt">The first attempt from then on is the last.</param>
internal sealed record DueEvent(string Id, ShortId Peer, bool IsRemoval, string Body, int Attempts, DateTimeOffset GiveUpAt);

/// <summary>The events of one app that are due, for the one process that posts them.</summary>
internal sealed class DueEvents(NpgsqlDataSource database, TimeProvider clock)
{
    private const int AtOnce = 50;

    /// <summary>How long a claim lasts if its process dies: longer than an attempt.</summary>
    private static readonly TimeSpan ClaimLife = TimeSpan.FromSeconds(60);

    /// <summary>Messages may come a little early, by the clock of another node.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(2);

    /// <returns>Whether something is due, and until when another process has claimed it; null if it is ours now.</returns>
    public async Task<(bool IsDue, DateTimeOffset? ClaimedUntil)> Claim(PortalId portal, string app, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var command = database.CreateCommand(
            """
            with due as (
                select from registry.webhook_events where portal_id = $1 and app = $2 and given_up_at is null and next_attempt_at <= $3 limit 1),
            before as (select claimed_until from registry.webhooks where portal_id = $1 and app = $2 and exists (select from due)),
            taken as (
                update registry.webhooks set claimed_until = $4
                where portal_id = $1 and app = $2 and exists (select from due) and (claimed_until is null or claimed_until <= $5)
                returning app)
            select b.claimed_until, exists (select from taken) from before b
            """);
        Place(command, portal, app);
        command.Parameters.Add(Sql.Time(now + Slack));
        command.Parameters.Add(Sql.Time(now + ClaimLife));
        command.Parameters.Add(Sql.Time(now));
        await using var reader = await command.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct))
            return (false, null);
        return (true, reader.GetBoolean(1) ? null : reader.Time(0) ?? now);
    }

    /// <returns>When something is due next, or null.</returns>
    public async Task<DateTimeOffset?> Release(PortalId portal, string app, CancellationToken ct)
    {
        await using (var release = database.CreateCommand("update registry.webhooks set claimed_until = null where portal_id = $1 and app = $2"))
        {
            Place(release, portal, app);
            await release.ExecuteNonQueryAsync(ct);
        }

        await using var command = database.CreateCommand(
            "select min(next_attempt_at) from registry.webhook_events where portal_id = $1 and app = $2 and given_up_at is null");
        Place(command, portal, app);
        return await command.ExecuteScalarAsync(ct) is DateTime next ? new DateTimeOffset(next) : null;
    }

    /// <summary>Those that are due and have none before them about the same peer.</summary>
    public async Task<IReadOnlyList<DueEvent>> Find(PortalId portal, string app, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select id, short_id, kind, body, attempts, give_up_at from (
                select distinct on (short_id) * from registry.webhook_events
                where portal_id = $1 and app = $2 and given_up_at is null order by short_id, number) first
            where next_attempt_at <= $3 order by number limit $4
            """);
        Place(command, portal, app);
        command.Parameters.Add(Sql.Time(clock.GetUtcNow() + Slack));
        command.Parameters.Add(Sql.Bigint(AtOnce));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<DueEvent>();
        while (await reader.ReadAsync(ct))
        {
            found.Add(new(
                reader.GetString(0), reader.Short(1), reader.GetString(2) == PeerNewsKind.Removed.Name(), reader.GetString(3), reader.GetInt32(4),
                reader.Time(5)!.Value));
        }

        return found;
    }

    /// <summary>Counts an attempt before it is made, since the app may hear of the event even if nobody lives to see its answer.</summary>
    /// <returns>False if the event was withdrawn or replaced.</returns>
    public async Task<bool> Begin(PortalId portal, string app, string id, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            with mine as (update registry.webhooks set claimed_until = $4 where portal_id = $1 and app = $2)
            update registry.webhook_events set attempts = attempts + 1 where portal_id = $1 and app = $2 and id = $3
            """);
        Place(command, portal, app);
        command.Parameters.Add(Sql.Text(id));
        command.Parameters.Add(Sql.Time(clock.GetUtcNow() + ClaimLife));
        return await command.ExecuteNonQueryAsync(ct) > 0;
    }

    public Task Delivered(PortalId portal, string app, string id, CancellationToken ct) =>
        Execute("delete from registry.webhook_events where portal_id = $1 and app = $2 and id = $3", portal, app, ct, Sql.Text(id));

    /// <param name="next">When to try again, or null to give up.</param>
    public Task Failed(PortalId portal, string app, string id, WebhookFailure why, DateTimeOffset? next, CancellationToken ct) => Execute(
        """
        update registry.webhook_events
        set error = $4, status = $5, next_attempt_at = coalesce($6, next_attempt_at), given_up_at = case when $6 is null then $7::timestamptz end
        where portal_id = $1 and app = $2 and id = $3
        """,
        portal,
        app,
        ct,
        Sql.Text(id),
        Sql.Text(why.Code),
        Sql.BigintOrNull(why.Status),
        Sql.Time(next),
        Sql.Time(clock.GetUtcNow()));

    public Task Postpone(PortalId portal, string app, string id, DateTimeOffset until, CancellationToken ct) => Execute(
        "update registry.webhook_events set next_attempt_at = $4 where portal_id = $1 and app = $2 and id = $3",
        portal, app, ct, Sql.Text(id), Sql.Time(until));

    /// <summary>Has everything wait for an app that nothing reaches, and gives up what has waited too long.</summary>
    public Task PostponeAll(PortalId portal, string app, WebhookFailure why, DateTimeOffset until, CancellationToken ct) => Execute(
        """
        update registry.webhook_events
        set error = $3, status = null, next_attempt_at = greatest(next_attempt_at, $4), given_up_at = case when give_up_at <= $5 then $5 end
        where portal_id = $1 and app = $2 and given_up_at is null
        """,
        portal,
        app,
        ct,
        Sql.Text(why.Code),
        Sql.Time(until),
        Sql.Time(clock.GetUtcNow()));

    private static void Place(NpgsqlCommand command, PortalId portal, string app)
    {
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(app));
    }

    private async Task Execute(string sql, PortalId portal, string app, CancellationToken ct, params NpgsqlParameter[] further)
    {
        await using var command = database.CreateCommand(sql);
        Place(command, portal, app);
        command.Parameters.AddRange(further);
        await command.ExecuteNonQueryAsync(ct);
    }
}
