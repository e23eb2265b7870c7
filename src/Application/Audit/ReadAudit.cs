using FluentValidation;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Audit;

/// <summary>Reads the history, the oldest event first, page by page.</summary>
/// <param name="Stream">The name of a stream; or, if it ends in a dash, the prefix of several; or null for all.</param>
/// <param name="Type">The wire name of a type of event, or null for all.</param>
/// <param name="After">Returns only events with a higher sequence number.</param>
public sealed record ReadAudit(PortalId Portal, string? Stream, string? Type, long After, int Limit) : IRequest<IReadOnlyList<Recorded>>
{
    public sealed class Validator : AbstractValidator<ReadAudit>
    {
        public Validator()
        {
            RuleFor(q => q.Stream).MaximumLength(200);
            RuleFor(q => q.Type).MaximumLength(200);
            RuleFor(q => q.After).GreaterThanOrEqualTo(0);
        }
    }

    internal sealed class Handler(IHistory history) : IRequestHandler<ReadAudit, IReadOnlyList<Recorded>>
    {
        public Task<IReadOnlyList<Recorded>> Handle(ReadAudit q, CancellationToken ct) =>
            history.Later(q.Portal, new HistoryFilter(q.Stream, q.Type is null ? null : [q.Type]), q.After, q.Limit, ct);
    }
}
