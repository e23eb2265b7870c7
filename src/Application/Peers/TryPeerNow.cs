using MediatR;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Makes the contact due at once; does not wait for it.</summary>
public sealed record TryPeerNow(PortalId Portal, TypedPortalId Id) : IRequest
{
    internal sealed class Handler(IPortalSnapshots snapshots, IPeerContacts contacts, TimeProvider clock) : IRequestHandler<TryPeerNow, Unit>
    {
        public async Task<Unit> Handle(TryPeerNow c, CancellationToken ct)
        {
            if (!snapshots.Require(c.Portal).Peers.TryGetValue(c.Id.Short, out var peer) || !peer.Listed || !peer.MayBe(c.Id))
                throw PeerRefusals.Unknown();

            var now = clock.GetUtcNow();
            await contacts.Change(c.Portal, peer.Short, contact => contact.TryNow(now), ct);
            return Unit.Value;
        }
    }
}
