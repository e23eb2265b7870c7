using FluentValidation;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Circles;

public sealed record RenameCircle(PortalId Portal, CircleId Circle, string Name) : ICommand
{
    public sealed class Validator : AbstractValidator<RenameCircle>
    {
        public Validator() => RuleFor(c => c.Name).MustBeCircleName();
    }

    internal sealed class Handler(IDocumentSession session, IAggregates aggregates) : IRequestHandler<RenameCircle, Unit>
    {
        public async Task<Unit> Handle(RenameCircle c, CancellationToken ct)
        {
            var circles = await aggregates.LoadCircles(session, ct);
            circles.Append(CircleList.Rename(circles.State, c.Circle, c.Name));
            return Unit.Value;
        }
    }
}
