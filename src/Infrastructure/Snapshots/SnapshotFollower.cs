using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Store;
using PeerRegistry.Infrastructure.ReadModels;

namespace PeerRegistry.Infrastructure.Snapshots;

/// <summary>
/// Keeps the snapshots in step with what other nodes write: looks when it is notified or asked, and when a second has passed without
/// either. It need not wait at a gap in the sequence, since rows carry versions: it takes what lies beyond, and looks again from
/// the gap until that is settled. Each look that succeeds confirms the snapshots (<see cref="SnapshotTrust"/>).
/// </summary>
internal sealed class SnapshotFollower(
    NpgsqlDataSource database,
    IReadOnlyList<ReadModel> models,
    PortalSnapshots snapshots,
    SnapshotTrust trust,
    ChangeNotifier notifier,
    RowChanges rows,
    AsyncSignal pulse,
    TimeProvider clock,
    ILogger<SnapshotFollower> log) : BackgroundService
{
    private static readonly TimeSpan WithoutNews = TimeSpan.FromSeconds(1);

    /// <summary>For the question what is new, not for loading it: a connection that died without a word is given up after this.</summary>
    private static readonly TimeSpan LongestQuestion = TimeSpan.FromSeconds(5);

    /// <summary>Rows known to be outdated. They stay here until they were loaded, be it by a later look.</summary>
    private readonly HashSet<(ReadModel Model, string Portal, string Key)> behind = [];

    private EventTail<(string Portal, string Stream, long Version)>? tail;

    /// <summary>Transactions that ran when everything was loaded, and still run.</summary>
    private HashSet<string> runningSinceLoad = [];

    /// <summary>Fills the snapshots; to be awaited before anything reads them.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        var began = trust.BeginLook();
        var highest = await Highest(cancellationToken);
        tail = new(database, "tenant_id, stream_id, version", row => (row.GetString(1), row.GetString(2), row.GetInt64(3)), highest);
        runningSinceLoad = await RunningWriters.Read(database, cancellationToken);
        await snapshots.LoadAll(cancellationToken);
        trust.Confirm(began);
        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(Listen(stoppingToken), Follow(stoppingToken));

    /// <summary>Takes over what other nodes have written since the last look.</summary>
    internal async Task Look(CancellationToken ct)
    {
        await LoadAgainWhenWritersEnded(ct);
        var seen = await InTime(async soon => (await tail!.Read(int.MaxValue, soon)).Seen, ct);
        foreach (var (_, e) in seen)
        {
            if (ReadModel.Find(models, e.Stream) is var (model, key)
                && snapshots.FindRow(PortalId.Parse(e.Portal), model, key).Version < e.Version)
                behind.Add((model, e.Portal, key));
        }

        if (behind.Count > 0)
        {
            await snapshots.Load(behind.GroupBy(row => row.Model, row => (row.Portal, row.Key)), ct);
            behind.Clear();
        }

        if (seen.Count > 0)
            pulse.Beat();
        await LoadChangedCredentials(ct);
    }

    /// <summary>
    /// A transaction that ran while the read models were loaded may have taken a number below the highest one and may commit after:
    /// whenever one of those has ended, everything is loaded once more.
    /// </summary>
    private async Task LoadAgainWhenWritersEnded(CancellationToken ct)
    {
        if (runningSinceLoad.Count == 0)
            return;

        var running = await InTime(soon => RunningWriters.Read(database, soon), ct);
        running.IntersectWith(runningSinceLoad);
        if (running.Count == runningSinceLoad.Count)
            return;

        await snapshots.LoadAll(ct);
        runningSinceLoad = running;
    }

    private async Task LoadChangedCredentials(CancellationToken ct)
    {
        var revisions = await InTime(Revisions, ct);
        var changed = revisions.Where(of => !snapshots.HasCredentials(of.Portal, of.Revision)).Select(of => of.Portal).ToList();
        if (changed.Count > 0)
            await snapshots.LoadCredentials(changed, ct);
    }

    private async Task Follow(CancellationToken ct)
    {
        var failing = false;
        while (true)
        {
            var due = trust.LookDue.Next;
            try
            {
                var began = trust.BeginLook();
                await Look(ct);
                trust.Confirm(began);
                failing = false;
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                trust.Fail();
                if (!failing)
                    log.LogError(e, "The snapshots could not be brought up to date with the writes of other nodes.");
                failing = true;
            }

            await trust.LookDue.Wait(due, WithoutNews, ct);
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
                    if (notice.Channel == RowChanges.Channel)
                        rows.Hear(notice.Payload);
                    else if (!notice.Payload.StartsWith(notifier.Node, StringComparison.Ordinal))
                        trust.LookDue.Beat();
                };
                await using (var listen = new NpgsqlCommand($"listen {ChangeNotifier.Channel}; listen {RowChanges.Channel}", connection))
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

    private async Task<long> Highest(CancellationToken ct)
    {
        await using var command = database.CreateCommand("select coalesce(max(seq_id), 0) from registry.mt_events");
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    private async Task<List<(PortalId Portal, long Revision)>> Revisions(CancellationToken ct)
    {
        await using var command = database.CreateCommand("select portal_id, revision from registry.credential_revisions");
        await using var reader = await command.ExecuteReaderAsync(ct);
        var revisions = new List<(PortalId, long)>();
        while (await reader.ReadAsync(ct))
            revisions.Add((PortalId.Parse(reader.GetString(0)), reader.GetInt64(1)));
        return revisions;
    }

    /// <exception cref="TimeoutException">The database does not answer, and does not refuse either.</exception>
    private async Task<T> InTime<T>(Func<CancellationToken, Task<T>> ask, CancellationToken ct)
    {
        using var late = new CancellationTokenSource(LongestQuestion, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        try
        {
            return await ask(either.Token);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException("The database does not answer.", e);
        }
    }
}
