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
    internal sealed class Handler(Decisions decisions, IPortalSnapshots snapshots, IPeerContacts contacts) : IRequestHandler<ConfirmByCall, bool>
    {
        public async Task<bool> Handle(ConfirmByCall c, CancellationToken ct)
        {
            var id = c.Key.Id.Short;
            if (!snapshots.Require(c.Portal).Peers.TryGetValue(id, out var row) || row.Key != c.Key || !row.Listed || row.Blocked)
                return false;

            contacts.Heard(c.Portal, id);
            if (row.Original && (c.Tagged || row.Status != PeerStatus.Mutual))
            {
                await decisions.Execute(c.Portal, id, peer => c.Tagged ? Peer.SeeProtocol(peer, c.Key) : ByOriginal(peer, c.Key), ct);
                return !c.Tagged || row.IsMutual;
            }

            return row.IsMutual;
        }

        private static IReadOnlyList<PeerEvent> ByOriginal(Peer peer, PublicKey key) => peer.Original ? Peer.Confirm(peer, key) : [];
    }
}
