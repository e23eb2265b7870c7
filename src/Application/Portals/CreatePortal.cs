using FluentValidation;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Portals;

/// <summary>Creates a Portal with a new key. The event and the sealed key are stored in one transaction.</summary>
/// <param name="Zone">The parent of the Portal's domain <c>{short id}.{zone}</c>, in lower case.</param>
public sealed record CreatePortal(KeyKind Kind, string Zone, string Name) : IRequest<PortalId>
{
    public sealed class Validator : AbstractValidator<CreatePortal>
    {
        public Validator()
        {
            RuleFor(c => c.Kind).IsInEnum();
            RuleFor(c => c.Zone).Matches("^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$").MaximumLength(180);
            RuleFor(c => c.Name).MustBeName();
        }
    }

    internal sealed class Handler(IKeyVault vault, IMediator mediator) : IRequestHandler<CreatePortal, PortalId>
    {
        public async Task<PortalId> Handle(CreatePortal c, CancellationToken ct)
        {
            var made = vault.Create(c.Kind);
            await mediator.Send(new StorePortal(made.Key.Id, made, c.Zone, c.Name), ct);
            return made.Key.Id;
        }
    }
}

internal sealed record StorePortal(PortalId Portal, NewKey Made, string Zone, string Name) : ICommand
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, IKeyVault vault) : IRequestHandler<StorePortal, Unit>
    {
        public async Task<Unit> Handle(StorePortal c, CancellationToken ct)
        {
            var portal = await aggregates.LoadPortal(session, ct);
            portal.Append(Domain.Portals.Portal.Create(portal.State, c.Made.Key, c.Zone, c.Name));
            vault.Store(session, c.Made);
            return Unit.Value;
        }
    }
}
