using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>
/// All running calls: limits their number, and has the only watcher, which ends calls whose peer was removed, blocked, hidden or has withdrawn, and calls
/// that stall, are too slow or last too long.
/// </summary>
internal sealed class OpenCalls : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(200); // an end is promised within a second
    private static readonly TimeSpan RateWindow = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(1);

    /// <summary>How long open calls outlive the trust in the snapshots: a restart of the database should not end them all.</summary>
    private static readonly TimeSpan DistrustGrace = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly HashSet<OpenCall> calls = [];
    private readonly Dictionary<(PortalId, ShortId), int> toPeers = [];
    private readonly Dictionary<(PortalId, string), int> byApps = [];
    private readonly RegistryOptions.CallsOptions limits;
    private readonly IPortalSnapshots snapshots;
    private readonly ISnapshotTrust trust;
    private readonly IHostApplicationLifetime lifetime;
    private readonly TimeProvider clock;

    public OpenCalls(
        RegistryOptions options, IPortalSnapshots snapshots, ISnapshotTrust trust, IHostApplicationLifetime lifetime, TimeProvider clock, IMeterFactory meters)
    {
        (limits, this.snapshots, this.trust, this.lifetime, this.clock) = (options.Calls, snapshots, trust, lifetime, clock);
        meters.Create(Telemetry.Name).CreateObservableGauge("calls_open", () => calls.Count, description: "Calls by apps to peers under way");
    }

    /// <exception cref="RefusedException"><c>rate_limited</c></exception>
    public OpenCall Enter(PortalSnapshot portal, string app, Peer peer, CancellationToken caller)
    {
        var self = portal.Portal.Id;
        lock (gate)
        {
            var toPeer = toPeers.GetValueOrDefault((self, peer.Short));
            var byApp = byApps.GetValueOrDefault((self, app));
            if (toPeer >= limits.PerPeer)
                throw TooMany("Too many calls to this peer are under way.");
            if (byApp >= limits.PerApp)
                throw TooMany("Too many calls by this app are under way.");

            var call = new OpenCall(portal, app, peer, clock.GetTimestamp(), caller);
            (toPeers[(self, peer.Short)], byApps[(self, app)]) = (toPeer + 1, byApp + 1);
            calls.Add(call);
            return call;
        }
    }

    public void Leave(OpenCall call)
    {
        lock (gate)
        {
            if (!calls.Remove(call))
                return;

            GiveBack(toPeers, (call.Portal, call.Peer.Short));
            GiveBack(byApps, (call.Portal, call.App));
        }

        call.Dispose();
    }

    /// <exception cref="RefusedException">
    /// The app may no longer call this peer; <c>database_unavailable</c>: whether it may cannot be told.
    /// </exception>
    public async ValueTask Confirm(OpenCall call)
    {
        await trust.Require(call.Stop);
        call.JudgeBy(snapshots.Find(call.Portal));
        if (call.Refusal is { } refusal)
            throw refusal;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Tick, clock);
        long? stopping = null;
        long? distrusted = null;
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var now = clock.GetTimestamp();
                if (lifetime.ApplicationStopping.IsCancellationRequested)
                    stopping ??= now;
                distrusted = trust.Holds ? null : distrusted ?? now;
                foreach (var call in All())
                    Watch(call, now, stopping, distrusted);
            }
        }
        catch (OperationCanceledException)
        {
            // stopped; the listeners were closed before
        }
    }

    private void Watch(OpenCall call, long now, long? stopping, long? distrusted)
    {
        call.JudgeBy(snapshots.Find(call.Portal));
        if (Overdue(call, now) is { } late)
            call.Cut(PeerFailure.TimedOut(late));
        if (distrusted is { } lost && clock.GetElapsedTime(lost, now) > DistrustGrace)
            call.Cut(DatabaseUnavailable.Refusal());
        if (stopping is { } since && clock.GetElapsedTime(since, now) > StopGrace)
            call.Cut(new RefusedException(RefusalKind.Unavailable, "stopping", "This Portal is being stopped."));
    }

    private string? Overdue(OpenCall call, long now)
    {
        var (seen, bytes) = (call.Seen, call.Bytes);
        if (bytes != seen.Bytes)
            (seen.Bytes, seen.At) = (bytes, now);

        if (clock.GetElapsedTime(call.Started, now) > limits.Deadline)
            return "The call exceeded the time limit for calls.";
        if (clock.GetElapsedTime(seen.At, now) > (call.AwaitsHead ? limits.HeaderTimeout : limits.IdleTimeout))
            return call.AwaitsHead ? "The peer did not begin to answer in time." : "No byte was sent or received for too long.";

        if (!call.HasOutstanding)
            (seen.WindowStart, seen.WindowBytes) = (now, bytes);
        var window = clock.GetElapsedTime(seen.WindowStart, now);
        if (window < RateWindow)
            return null;

        var trickles = bytes - seen.WindowBytes < limits.LeastRate * window.TotalSeconds;
        (seen.WindowStart, seen.WindowBytes) = (now, bytes);
        return trickles ? "The body was transferred too slowly." : null;
    }

    private List<OpenCall> All()
    {
        lock (gate)
            return [.. calls];
    }

    private static void GiveBack<T>(Dictionary<T, int> places, T who)
        where T : notnull
    {
        if (--places[who] == 0)
            places.Remove(who);
    }

    private static RefusedException TooMany(string message) =>
        new(RefusalKind.TooMany, "rate_limited", message) { RetryAfter = TimeSpan.FromSeconds(1) };
}
