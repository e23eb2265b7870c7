using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>
/// Pins the key of a response to our own request to the peer's domain. The first key that matches the typed ID is pinned. If the inbox has an offer
/// of the same full ID, the peering is confirmed at the same time.
/// </summary>
/// <param name="Signed">Whether the answer was signed with the key.</param>
/// <returns>Null, or <c>identity_refused</c> if another key was pinned or typed. The refusal is recorded, so it is not thrown.</returns>
public sealed record PinPeerKey(PortalId Portal, ShortId Short, PublicKey Key, string? Name, bool Signed) : ICommand<RefusedException?>
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, IPeeringOffers offers, TimeProvider clock)
        : IRequestHandler<PinPeerKey, RefusedException?>
    {
        public async Task<RefusedException?> Handle(PinPeerKey c, CancellationToken ct)
        {
            var peer = await aggregates.LoadPeer(session, c.Short, ct);
            var now = clock.GetUtcNow();
            var met = Peer.Met(peer.State, c.Key, c.Name, c.Signed, clock.Today());
            var after = Fold.After(peer.State, met, now);
            var confirmed = await offers.Find(c.Portal, c.Key.Id, ct) is not null ? Peer.Confirm(after, c.Key) : [];
            peer.Append([.. met, .. confirmed]);
            if (confirmed.Count > 0)
                offers.Drop(session, c.Key.Id);

            return after is not { Listed: true } || after.Key == c.Key ? null : PeerFault.IdentityRefused.Refusal(
                $"Its ID is not the one that was {(after.Key is null ? "typed" : "met before")}, but {c.Key.Id}.");
        }
    }
}
