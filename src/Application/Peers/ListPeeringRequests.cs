using MediatR;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>The inbox: strangers who have added us, by ID. Who was added meanwhile is no stranger any more.</summary>
/// <param name="After">A full ID; null: from the beginning.</param>
public sealed record ListPeeringRequests(PortalId Portal, string? After, int Limit) : IRequest<IReadOnlyList<PeeringOffer>>
{
    internal sealed class Handler(IPortalSnapshots snapshots, IPeeringOffers offers) : IRequestHandler<ListPeeringRequests, IReadOnlyList<PeeringOffer>>
    {
        public async Task<IReadOnlyList<PeeringOffer>> Handle(ListPeeringRequests q, CancellationToken ct)
        {
            var peers = snapshots.Require(q.Portal).Peers;
            return (await offers.List(q.Portal, q.After ?? "", q.Limit, ct))
                .Where(o => !(peers.TryGetValue(o.Id.Short, out var peer) && peer.Listed))
                .ToList();
        }
    }
}
