using FluentValidation;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Audit;

/// <summary>What happened, by whom and when, the oldest first, as a program reads it on and on.</summary>
/// <param name="Stream">One stream; ending in a dash, all that begin so; null: all.</param>
/// <param name="Type">A wire name; null: any.</param>
/// <param name="After">Only events with a higher sequence number.</param>
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
            history.Later(q.Portal, q.Stream, q.Type, q.After, q.Limit, ct);
    }
}
