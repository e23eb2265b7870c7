using MediatR;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>The owner knows of all that wait in the inbox: they are no longer new, and give way to no later ones.</summary>
public sealed record MarkOffersSeen(PortalId Portal) : IRequest
{
    internal sealed class Handler(IPeeringOffers offers) : IRequestHandler<MarkOffersSeen, Unit>
    {
        public async Task<Unit> Handle(MarkOffersSeen c, CancellationToken ct)
        {
            await offers.MarkSeen(c.Portal, ct);
            return Unit.Value;
        }
    }
}
