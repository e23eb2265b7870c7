using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Audit;

/// <summary>Which events are meant. A null member lets all through.</summary>
/// <param name="Stream">The name of a stream; or, if it ends in a dash, the prefix of several.</param>
/// <param name="Types">The wire names of types of events.</param>
/// <param name="From">The first moment.</param>
/// <param name="Until">The first moment that is too late.</param>
public sealed record HistoryFilter(
    string? Stream = null, IReadOnlyCollection<string>? Types = null, DateTimeOffset? From = null, DateTimeOffset? Until = null)
{
    /// <summary>The names of streams of which the event's is one.</summary>
    public IReadOnlyCollection<string>? Streams { get; init; }
}

/// <summary>Reads the history, the latest event first.</summary>
/// <param name="Before">Returns only events with a lower sequence number, or, if null, the latest.</param>
public sealed record BrowseHistory(PortalId Portal, HistoryFilter Filter, long? Before, int Limit) : IRequest<IReadOnlyList<Recorded>>
{
    internal sealed class Handler(IHistory history) : IRequestHandler<BrowseHistory, IReadOnlyList<Recorded>>
    {
        public Task<IReadOnlyList<Recorded>> Handle(BrowseHistory q, CancellationToken ct) =>
            history.Latest(q.Portal, q.Filter, q.Before ?? long.MaxValue, q.Limit, ct);
    }
}

/// <summary>Reads the events of one Portal in the order of their sequence numbers.</summary>
public interface IHistory
{
    /// <returns>Lowest sequence number first.</returns>
    Task<IReadOnlyList<Recorded>> Later(PortalId portal, HistoryFilter filter, long after, int limit, CancellationToken ct);

    /// <returns>Highest sequence number first.</returns>
    Task<IReadOnlyList<Recorded>> Latest(PortalId portal, HistoryFilter filter, long before, int limit, CancellationToken ct);
}
