using MediatR;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Hides an offer from the inbox, even if it is sent again. Its sender is not told.</summary>
public sealed record IgnoreOffer(PortalId Portal, PortalId From) : IRequest
{
    internal sealed class Handler(IPeeringOffers offers) : IRequestHandler<IgnoreOffer, Unit>
    {
        public async Task<Unit> Handle(IgnoreOffer c, CancellationToken ct) =>
            await offers.Ignore(c.Portal, c.From, ct) ? Unit.Value : throw PeerRefusals.OfferUnknown();
    }
}
