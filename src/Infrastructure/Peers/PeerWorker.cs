using System.Collections.Concurrent;
using System.Threading.Channels;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Snapshots;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>Tells the worker of this process that contacts may be due. Signals that arrive before it looks count as one.</summary>
internal sealed class PeerWorkerSignal
{
    private readonly Channel<bool> signals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Set() => signals.Writer.TryWrite(true);

    public async Task Wait(TimeSpan atMost, TimeProvider clock, CancellationToken ct)
    {
        using var late = new CancellationTokenSource(atMost, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        try
        {
            await signals.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
        }
    }
}

/// <summary>Contacts the peers whose time has come, in the slots that <see cref="ContactSlots"/> gives them.</summary>
internal sealed class PeerWorker(
    IPeerContacts contacts, IPortalSnapshots snapshots, ContactSlots slots, CallReports calls, PeerWorkerSignal signal, IServiceScopeFactory scopes,
    TimeProvider clock, ILogger<PeerWorker> log)
    : BackgroundService
{
    /// <summary>How often the worker looks without a signal, for contacts that another node made due or whose pause has ended.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Task, RunningContact> running = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            foreach (var next in slots.Fill(running.Values.ToList(), await FindDue(stoppingToken)))
            {
                var contact = Contact(next, stoppingToken);
                running[contact] = next;
                _ = contact.ContinueWith(over => { running.TryRemove(over, out _); signal.Set(); }, TaskScheduler.Default);
            }

            await signal.Wait(Tick, clock, stoppingToken);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(running.Keys);
    }

    /// <summary>Reschedules the contacts that calls have told something about.</summary>
    internal Task FollowUpCalls(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        return calls.FollowUp(
            (portal, peer, at) => contacts.Change(portal, peer, contact => contact.Heard(at), ct),
            (portal, peer, refused) => contacts.Change(portal, peer, contact => refused ? contact.Doubt(now) : contact.BringForward(now), ct));
    }

    private async Task<IReadOnlyList<WaitingContact>> FindDue(CancellationToken ct)
    {
        try
        {
            await FollowUpCalls(ct);
            return await contacts.FindDue([.. snapshots.All.Select(each => each.Portal.Id)], clock.GetUtcNow(), slots.AtMostOfPortal, ct);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.LogWarning(e, "The peers that are due could not be read.");
            return [];
        }
    }

    private async Task Contact(RunningContact next, CancellationToken ct)
    {
        try
        {
            await Task.Yield();
            await using var scope = scopes.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new ContactPeer(next.Portal, next.Peer), ct);
        }
        catch (Exception e)
        {
            if (!ct.IsCancellationRequested)
                log.LogError(e, "Contacting {Peer} failed; it will be tried again.", next.Peer);
        }
    }
}
