using MediatR;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Lists the offers that the owner has ignored, the latest first. They are kept for 30 days, and at most 100 of them.</summary>
public sealed record ListIgnoredOffers(PortalId Portal) : IRequest<IReadOnlyList<PeeringOffer>>
{
    internal sealed class Handler(IPeeringOffers offers) : IRequestHandler<ListIgnoredOffers, IReadOnlyList<PeeringOffer>>
    {
        public Task<IReadOnlyList<PeeringOffer>> Handle(ListIgnoredOffers q, CancellationToken ct) => offers.ListIgnored(q.Portal, ct);
    }
}
