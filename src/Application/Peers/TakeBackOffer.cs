using MediatR;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Puts an ignored offer back into the inbox, as one that the owner has seen. Its sender is not told.</summary>
public sealed record TakeBackOffer(PortalId Portal, PortalId From) : IRequest
{
    internal sealed class Handler(IPeeringOffers offers) : IRequestHandler<TakeBackOffer, Unit>
    {
        public async Task<Unit> Handle(TakeBackOffer c, CancellationToken ct) =>
            await offers.TakeBack(c.Portal, c.From, ct) ? Unit.Value : throw PeerRefusals.OfferUnknown();
    }
}
