using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Audit;

/// <summary>What happened, the latest first, as a person reads it.</summary>
/// <param name="Stream">One stream; ending in a dash, all that begin so; null: all.</param>
/// <param name="Before">Only events with a lower sequence number; null: from the latest on.</param>
public sealed record BrowseHistory(PortalId Portal, string? Stream, long? Before, int Limit) : IRequest<IReadOnlyList<Recorded>>
{
    internal sealed class Handler(IHistory history) : IRequestHandler<BrowseHistory, IReadOnlyList<Recorded>>
    {
        public Task<IReadOnlyList<Recorded>> Handle(BrowseHistory q, CancellationToken ct) =>
            history.Latest(q.Portal, q.Stream, q.Before ?? long.MaxValue, q.Limit, ct);
    }
}

/// <summary>The events of one Portal as its owner reads them: in order of sequence.</summary>
public interface IHistory
{
    /// <param name="type">A wire name; null: any.</param>
    /// <returns>Lowest sequence number first.</returns>
    Task<IReadOnlyList<Recorded>> Later(PortalId portal, string? stream, string? type, long after, int limit, CancellationToken ct);

    /// <returns>Highest sequence number first.</returns>
    Task<IReadOnlyList<Recorded>> Latest(PortalId portal, string? stream, long before, int limit, CancellationToken ct);
}
