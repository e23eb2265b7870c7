using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>A peer that is still listed hears from us again, since it may have taken our silence for removal.</summary>
public sealed record UnblockPeer(PortalId Portal, TypedPortalId Id) : IRequest
{
    internal sealed class Handler(Decisions decisions, IPeerContacts contacts, TimeProvider clock) : IRequestHandler<UnblockPeer, Unit>
    {
        public async Task<Unit> Handle(UnblockPeer c, CancellationToken ct)
        {
            var listed = false;
            await decisions.Execute(
                contacts,
                c.Portal,
                c.Id.Short,
                peer =>
                {
                    listed = peer.Listed;
                    return Peer.Unblock(peer.Meant(c.Id));
                },
                (_, contact) => listed ? contact.Want(WantedPeering.Offered, clock.GetUtcNow()) : null,
                ct);
            contacts.Signal();
            return Unit.Value;
        }
    }
}
