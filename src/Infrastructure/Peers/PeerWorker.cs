using System.Collections.Concurrent;
using System.Threading.Channels;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PeerRegistry.Application.Peers;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>"Look now" for the worker of this process; several at once are one.</summary>
internal sealed class PeerWorkerSignal
{
    private readonly Channel<bool> nudges = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Set() => nudges.Writer.TryWrite(true);

    public async Task Wait(TimeSpan atMost, TimeProvider clock, CancellationToken ct)
    {
        using var late = new CancellationTokenSource(atMost, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        try
        {
            await nudges.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
        }
    }
}

/// <summary>
/// Visits the peers whose time has come, at most <see cref="AtOnce"/> at a time and each by one visitor only: rows are lent
/// with <c>for update skip locked</c>, so that the nodes of a cluster share the work.
/// </summary>
internal sealed class PeerWorker(
    IPeerContacts contacts, PeerWakes wakes, PeerWorkerSignal signal, IServiceScopeFactory scopes, TimeProvider clock, ILogger<PeerWorker> log)
    : BackgroundService
{
    private const int AtOnce = 16;

    /// <summary>How soon a row is seen that another node, or nobody, nudged for.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Task, bool> visits = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            foreach (var due in await Due(AtOnce - visits.Count, stoppingToken))
            {
                var visit = Visit(due, stoppingToken);
                visits[visit] = true;
                _ = visit.ContinueWith(over => { visits.TryRemove(over, out _); signal.Set(); }, TaskScheduler.Default);
            }

            await signal.Wait(Tick, clock, stoppingToken);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(visits.Keys);
    }

    private async Task<IReadOnlyList<DueContact>> Due(int atMost, CancellationToken ct)
    {
        try
        {
            await wakes.NoteCalls(ct);
            return atMost <= 0 ? [] : await contacts.Borrow(clock.GetUtcNow(), atMost, ct);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.LogWarning(e, "The peers that are due could not be read.");
            return [];
        }
    }

    private async Task Visit(DueContact due, CancellationToken ct)
    {
        try
        {
            await Task.Yield();
            await using var scope = scopes.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new VisitPeer(due), ct);
        }
        catch (Exception e)
        {
            if (!ct.IsCancellationRequested)
                log.LogError(e, "The visit to {Peer} failed; it will be made again.", due.Peer);
        }
    }
}
