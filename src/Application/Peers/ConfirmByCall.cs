using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>
/// Records that a signed request of this peer was verified. An original core cannot send notices, so its first call confirms the peering. A signature
/// with a tag shows that the peer is not an original. Nothing is read from the database if there is nothing to record.
/// </summary>
/// <param name="Tagged">Whether the signature has a tag. Those of originals have none.</param>
/// <returns>Whether the request counts as one of a mutual peer.</returns>
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

/// <summary>Records what the signature of a call reveals about a peer that was taken for an original.</summary>
internal sealed record RecordCall(PortalId Portal, PublicKey Key, bool Tagged) : ICommand
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates) : IRequestHandler<RecordCall, Unit>
    {
        public async Task<Unit> Handle(RecordCall c, CancellationToken ct)
        {
            var peer = await aggregates.LoadPeer(session, c.Key.Id.Short, ct);
            if (c.Tagged)
                peer.Append(Peer.SeeProtocol(peer.State, c.Key));
            else if (peer.State is { Original: true })
                peer.Append(Peer.Confirm(peer.State, c.Key));
            return Unit.Value;
        }
    }
}
