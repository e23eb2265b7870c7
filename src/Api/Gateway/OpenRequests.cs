using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.ForwardAuth;
using PeerRegistry.Application.Snapshots;

namespace PeerRegistry.Api.Gateway;

/// <summary>A request to an app from the verdict to its last byte.</summary>
internal sealed class OpenRequest : IDisposable
{
    private readonly OpenRequests all;
    private readonly Authorization authorization;
    private readonly CancellationTokenSource cut = new();
    private readonly Lock gate = new();
    private PortalSnapshot judgedBy;
    private bool disposed;

    public OpenRequest(OpenRequests all, in Authorization authorization) =>
        (this.all, this.authorization, judgedBy) = (all, authorization, authorization.Portal);

    /// <summary>Canceled when the request is no longer allowed.</summary>
    public CancellationToken Cut => cut.Token;

    /// <summary>Decides again, and cuts the request if it would now be refused or would have another client.</summary>
    /// <param name="isDue">Whether to decide although nothing has changed, since a session may have expired.</param>
    public void Judge(IPortalSnapshots snapshots, DateTimeOffset now, bool isDue)
    {
        var snapshot = snapshots.Find(authorization.Portal.Portal.Id);
        if (ReferenceEquals(snapshot, judgedBy) && !isDue)
            return;

        var (client, verdict) = (authorization.Verdict.Client, snapshot is null ? default : AccessPolicy.Decide(snapshot, authorization.Access, now));
        if (snapshot is not null && verdict.Ruling == Ruling.Granted && (verdict.Client.Type, verdict.Client.Id) == (client.Type, client.Id))
            judgedBy = snapshot;
        else
            End();
    }

    public void End()
    {
        lock (gate)
        {
            if (!disposed)
                cut.Cancel();
        }
    }

    public void Dispose()
    {
        all.Leave(this);
        lock (gate)
        {
            disposed = true;
            cut.Dispose();
        }
    }
}

/// <summary>
/// All requests to apps that are under way. Its watcher decides about each of them again when something has changed, so that a stream or WebSocket ends
/// within a second after its peer, device or session has lost its right.
/// </summary>
internal sealed class OpenRequests : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(200); // an end is promised within a second
    private static readonly TimeSpan BetweenAll = TimeSpan.FromSeconds(30);

    /// <summary>How long open requests outlive the trust in the snapshots: a restart of the database should not end them all.</summary>
    private static readonly TimeSpan DistrustGrace = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<OpenRequest, bool> open = new();
    private readonly IPortalSnapshots snapshots;
    private readonly ISnapshotTrust trust;
    private readonly TimeProvider clock;

    public OpenRequests(IPortalSnapshots snapshots, ISnapshotTrust trust, TimeProvider clock, IMeterFactory meters)
    {
        (this.snapshots, this.trust, this.clock) = (snapshots, trust, clock);
        meters.Create(Telemetry.Name).CreateObservableGauge("gateway_requests_open", () => open.Count, description: "Requests to apps under way");
    }

    public OpenRequest Enter(in Authorization authorization)
    {
        var request = new OpenRequest(this, authorization);
        open[request] = true;
        return request;
    }

    public void Leave(OpenRequest request) => open.TryRemove(request, out _);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Tick, clock);
        var (all, distrusted) = (clock.GetTimestamp(), (long?)null);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var now = clock.GetTimestamp();
            var isDue = clock.GetElapsedTime(all, now) > BetweenAll;
            if (isDue)
                all = now;
            distrusted = trust.Holds ? null : distrusted ?? now;
            var blind = distrusted is { } since && clock.GetElapsedTime(since, now) > DistrustGrace;
            foreach (var (request, _) in open)
            {
                if (blind)
                    request.End();
                else
                    request.Judge(snapshots, clock.GetUtcNow(), isDue);
            }
        }
    }
}
