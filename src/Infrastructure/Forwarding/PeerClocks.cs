using System.Collections.Concurrent;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>By how much the clocks of the peers that have answered lately differ from ours. At most 256 of each Portal are kept, in memory.</summary>
internal sealed class PeerClocks(TimeProvider clock) : IPeerClocks
{
    private const int MaxPeers = 256;
    private static readonly TimeSpan Life = TimeSpan.FromDays(1);

    private readonly ConcurrentDictionary<PortalId, ConcurrentDictionary<string, (TimeSpan Offset, DateTimeOffset At)>> heard = new();

    public IReadOnlyList<TimeSpan> Offsets(PortalId portal) => heard.TryGetValue(portal, out var peers)
        ? [.. peers.Values.Where(each => clock.GetUtcNow() - each.At < Life).Select(each => each.Offset)]
        : [];

    public void Heard(PortalId portal, string domain, TimeSpan offset)
    {
        var peers = heard.GetOrAdd(portal, _ => new(StringComparer.OrdinalIgnoreCase));
        if (peers.Count < MaxPeers || peers.ContainsKey(domain))
            peers[domain] = (offset, clock.GetUtcNow());
    }
}
