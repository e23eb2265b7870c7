using Marten;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Domain.SignedCalls;
using PeerRegistry.Infrastructure.Messaging;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.LaterCalls;

/// <summary>
/// Deletes, within about a second, the calls of apps that were removed and those to peers that were removed, blocked or hidden. At the start and every ten
/// minutes, it deletes what is older than it is kept, and publishes messages for queues that have none, as after a backup was restored.
/// </summary>
internal sealed class DeferredSweep(
    NpgsqlDataSource database, IDocumentStore store, Outbox outbox, IPortalSnapshots snapshots, IDeferredQueues queues, TimeProvider clock,
    ILogger<DeferredSweep> log) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan BetweenCleanings = TimeSpan.FromMinutes(10);

    /// <summary>A queue that is due for longer than this, and that nobody delivers from, has lost its message.</summary>
    private static readonly TimeSpan Overdue = TimeSpan.FromMinutes(1);

    /// <summary>The snapshots by which calls were last compared with what apps may see.</summary>
    private readonly Dictionary<PortalId, PortalSnapshot> compared = [];
    private DateTimeOffset cleanAt;

    /// <summary>Deletes the calls that their apps may not make any more.</summary>
    public async Task DropHidden(CancellationToken ct)
    {
        var changed = snapshots.All.Where(HasChanged).ToDictionary(snapshot => snapshot.Portal.Id);
        if (changed.Count == 0)
            return;

        await using var command = database.CreateCommand(
            "select distinct portal_id, app, peer from registry.deferred_calls where portal_id = any($1)");
        command.Parameters.Add(Sql.Texts([.. changed.Keys.Select(portal => portal.Value)]));
        foreach (var queue in await Read(command, ct))
        {
            if (!CallPolicy.Sees(changed[queue.Portal], queue.App, queue.Peer))
                await queues.Drop(queue, ct);
        }

        foreach (var (portal, snapshot) in changed)
            compared[portal] = snapshot;
    }

    /// <summary>Gives up calls that waited too long, and deletes results and keys that were kept long enough.</summary>
    public async Task Clean(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var batch = database.CreateBatch();
        Add(
            """
            update registry.deferred_calls set state = 'Failed', reason = $3, fields = '{}', body = null, bytes = 0, ended_at = $1, expires_at = $2
            where state = 'Waiting' and expires_at <= $1
            """,
            Sql.Time(now), Sql.Time(now + Deferral.Kept), Sql.Text(Deferral.GivenUp));
        Add("delete from registry.deferred_calls where state <> 'Waiting' and expires_at <= $1", Sql.Time(now));
        Add(
            """
            delete from registry.deferred_queues q where (claimed_until is null or claimed_until <= $1) and not exists
                (select from registry.deferred_calls c where c.portal_id = q.portal_id and c.app = q.app and c.peer = q.peer and c.state = 'Waiting')
            """,
            Sql.Time(now));
        Add("delete from registry.taken_calls where taken_at <= $1", Sql.Time(now - Deferral.Remembered));
        await batch.ExecuteNonQueryAsync(ct);

        void Add(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
        {
            var command = new NpgsqlBatchCommand(sql);
            foreach (var parameter in parameters)
                command.Parameters.Add(parameter);
            batch.BatchCommands.Add(command);
        }
    }

    /// <summary>Publishes a message for every queue that is due and that nobody delivers from.</summary>
    public async Task PublishOverdue(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var command = database.CreateCommand(
            """
            select distinct c.portal_id, c.app, c.peer
            from registry.deferred_calls c left join registry.deferred_queues q using (portal_id, app, peer)
            where c.state = 'Waiting' and c.accepted_at <= $2
                and (q.next_attempt_at is null or q.next_attempt_at <= $2) and (q.claimed_until is null or q.claimed_until <= $1)
            """);
        command.Parameters.Add(Sql.Time(now));
        command.Parameters.Add(Sql.Time(now - Overdue));
        var overdue = await Read(command, ct);
        await using var session = store.LightweightSession();
        await outbox.Publish(session, overdue.Select(queue => ((object)queue, TimeSpan.Zero)));
        await session.SaveChangesAsync(ct);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failing = false;
        using var timer = new PeriodicTimer(Tick, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                failing = !await TrySweep(failing, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // stopped
        }
    }

    private async Task<bool> TrySweep(bool failing, CancellationToken ct)
    {
        try
        {
            await DropHidden(ct);
            if (clock.GetUtcNow() is var now && now >= cleanAt)
            {
                await Clean(ct);
                await PublishOverdue(ct);
                cleanAt = now + BetweenCleanings;
            }

            return true;
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            if (!failing)
                log.LogWarning("Calls that are not to be delivered any more cannot be deleted until the database answers: {Error}", e.Message);
            return false;
        }
    }

    private bool HasChanged(PortalSnapshot snapshot) =>
        !compared.TryGetValue(snapshot.Portal.Id, out var earlier)
        || !ReferenceEquals(earlier.Peers, snapshot.Peers) || !ReferenceEquals(earlier.Apps, snapshot.Apps);

    private static async Task<IReadOnlyList<DeferredCallsDue>> Read(NpgsqlCommand queues, CancellationToken ct)
    {
        await using var reader = await queues.ExecuteReaderAsync(ct);
        var found = new List<DeferredCallsDue>();
        while (await reader.ReadAsync(ct))
            found.Add(new(PortalId.Parse(reader.GetString(0)), reader.GetString(1), PortalId.Parse(reader.GetString(2))));
        return found;
    }
}
