using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Blocks a Portal that is not in the contact list.</summary>
public sealed record BlockOffer(PortalId Portal, PortalId From) : ICommand
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, IPeeringOffers offers) : IRequestHandler<BlockOffer, Unit>
    {
        public async Task<Unit> Handle(BlockOffer c, CancellationToken ct)
        {
            _ = await offers.Find(c.Portal, c.From, ct) ?? throw PeerRefusals.OfferUnknown();
            var peer = await aggregates.LoadPeer(session, c.From.Short, ct);
            if (peer.Append(Peer.BlockStranger(peer.State, c.From)))
                offers.Drop(session, c.From);
            return Unit.Value;
        }
    }
}
