using FluentValidation;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Portals;

/// <summary>A new Portal with a key of its own; event and sealed key are recorded together or not at all.</summary>
/// <param name="Zone">Parent of its domain, lower case: <c>{short id}.{zone}</c>.</param>
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

    internal sealed class Handler(IKeyVault vault, Decisions decisions) : IRequestHandler<CreatePortal, PortalId>
    {
        public async Task<PortalId> Handle(CreatePortal c, CancellationToken ct)
        {
            var made = vault.Create(c.Kind);
            await decisions.Execute<Identity, PortalEvent>(
                made.Key.Id, Identity.Stream, Identity.Initial, Identity.Evolve,
                identity => Identity.Create(identity, made.Key, c.Zone, c.Name), _ => [made.Row], ct);
            return made.Key.Id;
        }
    }
}
