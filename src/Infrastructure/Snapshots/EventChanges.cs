using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using PeerRegistry.Application.Audit;
using PeerRegistry.Application.Common;
using PeerRegistry.Infrastructure.ReadModels;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Snapshots;

/// <summary>Reports each event of any node to <see cref="PortalChanges"/>, as soon as the snapshot of this node shows it.</summary>
internal sealed class EventChanges(
    NpgsqlDataSource database, IEventFeed feed, IReadOnlyList<ReadModel> models, PortalSnapshots snapshots, PortalChanges changes, AsyncSignal pulse,
    TimeProvider clock, ILogger<EventChanges> log) : BackgroundService
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <summary>After this time an event is reported even if the snapshot does not show it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Begins at the highest event. After a failure it does so again, and reports every Portal for what it may have missed.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failing = false;
        while (true)
        {
            try
            {
                var highest = await Highest(stoppingToken);
                foreach (var portal in snapshots.All)
                    changes.Ring(portal.Portal.Id);
                await foreach (var recorded in feed.Subscribe(highest, stoppingToken))
                {
                    failing = false;
                    await Shown(recorded, stoppingToken);
                    changes.Ring(recorded.Portal);
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                if (!failing)
                    log.LogWarning("Open pages do not hear of changes until the database can be read again: {Error}", e.Message);
                failing = true;
            }

            await Task.Delay(AfterFailure, clock, stoppingToken);
        }
    }

    private async Task Shown(Recorded recorded, CancellationToken ct)
    {
        if (ReadModel.Find(models, recorded.Stream) is not var (model, key))
            return;

        var start = clock.GetTimestamp();
        while (clock.GetElapsedTime(start) < Patience)
        {
            var beat = pulse.Next;
            if (snapshots.FindRow(recorded.Portal, model, key).Version >= recorded.Version)
                return;
            await pulse.Wait(beat, Look, ct);
        }
    }

    private async Task<long> Highest(CancellationToken ct)
    {
        await using var command = database.CreateCommand("select coalesce(max(seq_id), 0) from registry.mt_events");
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }
}
