using System.Collections.Concurrent;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>What calls tell about peers. It is gathered in memory, so that it costs the calls nothing, and followed up about once a second.</summary>
internal sealed class CallReports(TimeProvider clock)
{
    private static readonly TimeSpan HeardAtMost = TimeSpan.FromMinutes(1);

    /// <summary>When each peer was last reported as heard.</summary>
    private readonly ConcurrentDictionary<(PortalId Portal, ShortId Peer), DateTimeOffset> reported = [];
    private readonly ConcurrentDictionary<(PortalId Portal, ShortId Peer), DateTimeOffset> heard = [];

    /// <summary>Whether the peer refused the call.</summary>
    private readonly ConcurrentDictionary<(PortalId Portal, ShortId Peer), bool> failed = [];

    /// <summary>There was an authenticated exchange. Reported once a minute for each peer.</summary>
    public void Heard(PortalId portal, ShortId peer)
    {
        var now = clock.GetUtcNow();
        if (reported.TryGetValue((portal, peer), out var last) && now - last < HeardAtMost)
            return;

        reported[(portal, peer)] = now;
        heard[(portal, peer)] = now;
    }

    public void Failed(PortalId portal, ShortId peer, bool refused) => failed[(portal, peer)] = refused;

    /// <summary>Follows up what was reported since the last time. A report whose follow-up throws is kept for the next time.</summary>
    /// <param name="onHeard">Gets the time of the exchange.</param>
    /// <param name="onFailed">Gets whether the peer refused the call.</param>
    public async Task FollowUp(Func<PortalId, ShortId, DateTimeOffset, Task> onHeard, Func<PortalId, ShortId, bool, Task> onFailed)
    {
        await Drain(heard, onHeard);
        await Drain(failed, onFailed);
    }

    private static async Task Drain<T>(ConcurrentDictionary<(PortalId Portal, ShortId Peer), T> reports, Func<PortalId, ShortId, T, Task> followUp)
    {
        foreach (var (key, report) in reports)
        {
            if (!reports.TryRemove(KeyValuePair.Create(key, report)))
                continue;

            try
            {
                await followUp(key.Portal, key.Peer, report);
            }
            catch
            {
                reports.TryAdd(key, report);
                throw;
            }
        }
    }
}
