using System.Security.Cryptography;
using FluentValidation;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Circles;

public sealed record CreateCircle(PortalId Portal, string Name) : ICommand<CircleId>
{
    public sealed class Validator : AbstractValidator<CreateCircle>
    {
        public Validator() => RuleFor(c => c.Name).MustBeCircleName();
    }

    internal sealed class Handler(IDocumentSession session, IAggregates aggregates) : IRequestHandler<CreateCircle, CircleId>
    {
        public async Task<CircleId> Handle(CreateCircle c, CancellationToken ct)
        {
            var id = CircleId.Of(RandomNumberGenerator.GetBytes(CircleId.Bytes));
            var circles = await aggregates.LoadCircles(session, ct);
            circles.Append(CircleList.Create(circles.State, id, c.Name));
            return id;
        }
    }
}
