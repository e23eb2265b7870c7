using MediatR;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Asks for a visit at once; does not wait for it.</summary>
public sealed record TryPeerNow(PortalId Portal, TypedPortalId Id) : IRequest
{
    internal sealed class Handler(IPortalSnapshots snapshots, IPeerContacts contacts) : IRequestHandler<TryPeerNow, Unit>
    {
        public async Task<Unit> Handle(TryPeerNow c, CancellationToken ct)
        {
            if (!snapshots.Require(c.Portal).Peers.TryGetValue(c.Id.Short, out var peer) || !peer.Listed || !peer.Is(c.Id))
                throw PeerRefusals.Unknown();

            await contacts.TryNow(c.Portal, peer.Short, ct);
            contacts.Nudge();
            return Unit.Value;
        }
    }
}
