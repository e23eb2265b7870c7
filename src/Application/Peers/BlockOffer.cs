using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Keeps a stranger out for good, until it is unblocked.</summary>
public sealed record BlockOffer(PortalId Portal, PortalId From) : IRequest
{
    internal sealed class Handler(Decisions decisions, IPeeringOffers offers) : IRequestHandler<BlockOffer, Unit>
    {
        public async Task<Unit> Handle(BlockOffer c, CancellationToken ct)
        {
            _ = await offers.Find(c.Portal, c.From, ct) ?? throw PeerRefusals.OfferUnknown();
            await decisions.Execute(c.Portal, c.From.Short, peer => Peer.BlockStranger(peer, c.From), ct, _ => [new DropOffer(c.From)]);
            return Unit.Value;
        }
    }
}
