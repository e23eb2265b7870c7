using PeerRegistry.Application.Common;

namespace PeerRegistry.Application.Audit;

/// <summary>The events of all Portals as they are committed, on any node.</summary>
public interface IEventFeed
{
    /// <summary>
    /// Returns every event with a sequence number above <paramref name="after"/>, in order and each exactly once. The sequence has no end.
    /// </summary>
    IAsyncEnumerable<Recorded> Subscribe(long after, CancellationToken ct);
}
