using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Audit;

/// <summary>Reads the history, the latest event first.</summary>
/// <param name="Stream">The name of a stream; or, if it ends in a dash, the prefix of several; or null for all.</param>
/// <param name="Before">Returns only events with a lower sequence number, or, if null, the latest.</param>
public sealed record BrowseHistory(PortalId Portal, string? Stream, long? Before, int Limit) : IRequest<IReadOnlyList<Recorded>>
{
    internal sealed class Handler(IHistory history) : IRequestHandler<BrowseHistory, IReadOnlyList<Recorded>>
    {
        public Task<IReadOnlyList<Recorded>> Handle(BrowseHistory q, CancellationToken ct) =>
            history.Latest(q.Portal, q.Stream, q.Before ?? long.MaxValue, q.Limit, ct);
    }
}

/// <summary>Reads the events of one Portal in the order of their sequence numbers.</summary>
public interface IHistory
{
    /// <param name="type">The wire name of a type of event, or null for all.</param>
    /// <returns>Lowest sequence number first.</returns>
    Task<IReadOnlyList<Recorded>> Later(PortalId portal, string? stream, string? type, long after, int limit, CancellationToken ct);

    /// <returns>Highest sequence number first.</returns>
    Task<IReadOnlyList<Recorded>> Latest(PortalId portal, string? stream, long before, int limit, CancellationToken ct);
}
