using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Unblocks a peer. If it is still listed, it is contacted again, because it may have taken our silence for a removal.</summary>
public sealed record UnblockPeer(PortalId Portal, TypedPortalId Id) : ICommand
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, IPeerContacts contacts, TimeProvider clock)
        : IRequestHandler<UnblockPeer, Unit>
    {
        public async Task<Unit> Handle(UnblockPeer c, CancellationToken ct)
        {
            var peer = await aggregates.LoadPeer(session, c.Id.Short, ct);
            var known = peer.State.Meant(c.Id);
            if (peer.Append(Peer.Unblock(known)) && known.Listed)
                await contacts.Change(session, c.Portal, c.Id.Short, contact => contact.Want(WantedPeering.Offered, clock.GetUtcNow()), ct);
            return Unit.Value;
        }
    }
}
