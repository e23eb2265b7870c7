using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>
/// A signed request of this peer was verified. An original has no other way to say that it has us in its list, so its first
/// call confirms; a signature with a tag shows that it is no original. Quick where there is nothing to record.
/// </summary>
/// <param name="Tagged">The signature carried a tag, which originals' do not.</param>
/// <returns>Whether the request is to be judged as from a mutual peer.</returns>
public sealed record ConfirmByCall(PortalId Portal, PublicKey Key, bool Tagged) : IRequest<bool>
{
    internal sealed class Handler(IMediator mediator, IPortalSnapshots snapshots, IPeerContacts contacts) : IRequestHandler<ConfirmByCall, bool>
    {
        public async Task<bool> Handle(ConfirmByCall c, CancellationToken ct)
        {
            var id = c.Key.Id.Short;
            if (!snapshots.Require(c.Portal).Peers.TryGetValue(id, out var row) || row.Key != c.Key || !row.Listed || row.Blocked)
                return false;

            contacts.Heard(c.Portal, id);
            if (row.Original && (c.Tagged || row.Status != PeerStatus.Mutual))
            {
                await mediator.Send(new RecordCall(c.Portal, c.Key, c.Tagged), ct);
                return !c.Tagged || row.IsMutual;
            }

            return row.IsMutual;
        }
    }
}

/// <summary>Records what the signature of a call shows of a peer that was taken for an original.</summary>
internal sealed record RecordCall(PortalId Portal, PublicKey Key, bool Tagged) : ICommand
{
    internal sealed class Handler(IDocumentSession session) : IRequestHandler<RecordCall, Unit>
    {
        public async Task<Unit> Handle(RecordCall c, CancellationToken ct)
        {
            var peer = await session.LoadPeer(c.Key.Id.Short, ct);
            if (c.Tagged)
                peer.Append(Peer.SeeProtocol(peer.State, c.Key));
            else if (peer.State.Original)
                peer.Append(Peer.Confirm(peer.State, c.Key));
            return Unit.Value;
        }
    }
}
