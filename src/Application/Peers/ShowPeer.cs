using MediatR;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

public sealed record ShowPeer(PortalId Portal, TypedPortalId Id) : IRequest<PeerView>
{
    internal sealed class Handler(IPortalSnapshots snapshots, IPeerContacts contacts, IPeerAnswers answers) : IRequestHandler<ShowPeer, PeerView>
    {
        public async Task<PeerView> Handle(ShowPeer q, CancellationToken ct)
        {
            if (!snapshots.Require(q.Portal).Peers.TryGetValue(q.Id.Short, out var peer) || !peer.Listed || !peer.MayBe(q.Id))
                throw PeerRefusals.Unknown();

            var found = await contacts.Find(q.Portal, [peer.Short], ct);
            return new PeerView(peer, found.GetValueOrDefault(peer.Short, PeerContact.None), answers.Last(q.Portal, peer.Short));
        }
    }
}
