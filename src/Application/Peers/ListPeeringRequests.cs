using MediatR;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Lists the inbox: Portals that have added us and that are not in our contact list, by ID.</summary>
/// <param name="After">The full ID after which the list begins, or null for its beginning.</param>
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
