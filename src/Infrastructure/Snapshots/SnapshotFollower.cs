using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.EventStore;
using PeerRegistry.Infrastructure.ReadModels;

namespace PeerRegistry.Infrastructure.Snapshots;

/// <summary>
/// Keeps the snapshots in step with what other nodes write: looks when it is notified, and when a second has passed without
/// news. It need not wait at a gap in the sequence, since rows carry versions: it takes what lies beyond, and looks again from
/// the gap until that is settled.
/// </summary>
internal sealed class SnapshotFollower(
    NpgsqlDataSource database,
    IReadOnlyList<ReadModel> models,
    PortalSnapshots snapshots,
    ChangeNotifier notifier,
    Pulse pulse,
    TimeProvider clock,
    ILogger<SnapshotFollower> log) : BackgroundService
{
    private static readonly TimeSpan WithoutNews = TimeSpan.FromSeconds(1);

    private readonly Pulse heard = new(clock);
    private EventTail<(string Portal, string Stream, long Version)>? tail;
    private ulong? unsettledAtLoad;

    /// <summary>Fills the snapshots; to be awaited before anything reads them.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        var (highest, oldest, next) = await Position(cancellationToken);
        tail = new(database, "tenant_id, stream_id, version", row => (row.GetString(1), row.GetString(2), row.GetInt64(3)), highest);
        unsettledAtLoad = oldest < next ? next : null;
        await snapshots.LoadAll(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(Listen(stoppingToken), Follow(stoppingToken));

    /// <summary>Takes over what other nodes have written since the last look.</summary>
    internal async Task Look(CancellationToken ct)
    {
        await LoadAgainWhenSettled(ct);
        var (seen, _) = await tail!.Read(int.MaxValue, ct);
        var behind = new HashSet<(ReadModel Model, string Portal, string Key)>();
        foreach (var (_, e) in seen)
        {
            foreach (var model in models)
            {
                if (model.Projection.TryGetKey(e.Stream, out var key)
                    && snapshots.FindRow(PortalId.Parse(e.Portal), model, key).Version < e.Version)
                    behind.Add((model, e.Portal, key));
            }
        }

        if (behind.Count > 0)
            await snapshots.Load(behind.GroupBy(row => row.Model, row => (row.Portal, row.Key)), ct);
        if (seen.Count > 0)
            pulse.Beat();
        await LoadChangedCredentials(ct);
    }

    /// <summary>
    /// A transaction that ran while the read models were loaded may have taken a number below the highest one and committed
    /// after: when all of those have ended, everything is loaded once more.
    /// </summary>
    private async Task LoadAgainWhenSettled(CancellationToken ct)
    {
        if (unsettledAtLoad is not { } settledFrom)
            return;

        var (_, oldest, _) = await Position(ct);
        if (oldest < settledFrom)
            return;

        await snapshots.LoadAll(ct);
        unsettledAtLoad = null;
    }

    private async Task LoadChangedCredentials(CancellationToken ct)
    {
        var changed = new List<PortalId>();
        await using (var command = database.CreateCommand("select portal_id, revision from registry.credential_revisions"))
        await using (var reader = await command.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                var portal = PortalId.Parse(reader.GetString(0));
                if (!snapshots.HasCredentials(portal, reader.GetInt64(1)))
                    changed.Add(portal);
            }
        }

        if (changed.Count > 0)
            await snapshots.LoadCredentials(changed, ct);
    }

    private async Task Follow(CancellationToken ct)
    {
        var failing = false;
        while (true)
        {
            var beat = heard.Next;
            try
            {
                await Look(ct);
                failing = false;
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                if (!failing)
                    log.LogError(e, "The snapshots may be behind what other nodes write.");
                failing = true;
            }

            await heard.Wait(beat, WithoutNews, ct);
        }
    }

    private async Task Listen(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await using var connection = await database.OpenConnectionAsync(ct);
                connection.Notification += (_, notice) =>
                {
                    if (!notice.Payload.StartsWith(notifier.Node, StringComparison.Ordinal))
                        heard.Beat();
                };
                await using (var listen = new NpgsqlCommand($"listen {ChangeNotifier.Channel}", connection))
                    await listen.ExecuteNonQueryAsync(ct);
                while (true)
                    await connection.WaitAsync(ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                log.LogWarning("Notices of other nodes are not heard; looking each second instead: {Error}", e.Message);
            }

            await Task.Delay(WithoutNews, clock, ct);
        }
    }

    private async Task<(long Highest, ulong Oldest, ulong Next)> Position(CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            select coalesce(max(seq_id), 0), pg_snapshot_xmin(pg_current_snapshot()), pg_snapshot_xmax(pg_current_snapshot())
            from registry.mt_events
            """);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return (reader.GetInt64(0), reader.GetFieldValue<ulong>(1), reader.GetFieldValue<ulong>(2));
    }
}
