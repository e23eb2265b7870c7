using MediatR;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Marks all offers in the inbox as seen: they are no longer new and are not evicted.</summary>
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
