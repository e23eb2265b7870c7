using System.Collections.Concurrent;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Portals;

/// <summary>The last report of each Portal, and whose turn it is: one check at a time in this process, and one of each Portal in ten seconds.</summary>
public sealed class ReachReports
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<PortalId, ReachReport> last = new();
    private readonly ConcurrentDictionary<PortalId, DateTimeOffset> begun = new();
    private int running;

    /// <returns>The Portal's last report since the start, or null.</returns>
    public ReachReport? Find(PortalId portal) => last.GetValueOrDefault(portal);

    internal ReachReport Keep(PortalId portal, ReachReport report) => last[portal] = report;

    /// <returns>The turn, until it is disposed of.</returns>
    /// <exception cref="RefusedException"><c>rate_limited</c></exception>
    public IDisposable Begin(PortalId portal, DateTimeOffset now)
    {
        if (begun.TryGetValue(portal, out var before) && now - before < Pause && now >= before)
            throw Later("The last check was a moment ago. Wait ten seconds before the next one.");
        if (Interlocked.CompareExchange(ref running, 1, 0) != 0)
            throw Later("A check is running already. Wait until it has ended.");

        begun[portal] = now;
        return new Turn(this);
    }

    private static RefusedException Later(string message) => new(RefusalKind.TooMany, "rate_limited", message) { RetryAfter = Pause };

    private sealed class Turn(ReachReports reports) : IDisposable
    {
        public void Dispose() => Interlocked.Exchange(ref reports.running, 0);
    }
}
