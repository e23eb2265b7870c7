using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Portals;

/// <summary>Chooses whether mutual peers are told which apps they may use here. They hear of the choice with the next notice.</summary>
public sealed record AnnounceApps(PortalId Portal, bool Announces) : ICommand
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, IPeerings peerings, TimeProvider clock)
        : IRequestHandler<AnnounceApps, Unit>
    {
        public async Task<Unit> Handle(AnnounceApps c, CancellationToken ct)
        {
            var portal = await aggregates.LoadPortal(session, ct);
            if (portal.Append(Profile.AnnounceApps(portal.State, c.Announces)))
                await peerings.RestateAll(session, clock.GetUtcNow());
            return Unit.Value;
        }
    }
}
