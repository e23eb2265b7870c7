using PeerRegistry.Application.Common;

namespace PeerRegistry.Application.Audit;

/// <summary>The events of all Portals as they are committed, on whichever node.</summary>
public interface IEventFeed
{
    /// <summary>
    /// Every event with a sequence number above <paramref name="after"/>, in order, each exactly once; never ends by itself.
    /// </summary>
    IAsyncEnumerable<Recorded> Subscribe(long after, CancellationToken ct);
}
