using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>
/// Somebody answered our own request at the peer's domain with this key. The first one that fits what was typed is pinned; an
/// offer that waits in the inbox under the same full ID is judged again then.
/// </summary>
/// <param name="Signed">The answer was signed with the key.</param>
public sealed record PinPeerKey(PortalId Portal, ShortId Short, PublicKey Key, string? Name, bool Signed) : IRequest
{
    /// <exception cref="RefusedException"><c>identity_refused</c>: another key was pinned or typed.</exception>
    internal sealed class Handler(Decisions decisions, IPeeringOffers offers, TimeProvider clock) : IRequestHandler<PinPeerKey, Unit>
    {
        public async Task<Unit> Handle(PinPeerKey c, CancellationToken ct)
        {
            var today = clock.Today();
            var knocked = await offers.Find(c.Portal, c.Key.Id, ct) is not null;
            var after = Peer.Initial;
            await decisions.Execute(
                c.Portal,
                c.Short,
                peer =>
                {
                    var met = Peer.Met(peer, c.Key, c.Name, c.Signed, today);
                    after = met.Aggregate(peer, Peer.Evolve);
                    return knocked ? [.. met, .. Peer.Confirm(after, c.Key)] : met;
                },
                ct,
                events => events.OfType<PeeringConfirmed>().Any() ? [new DropOffer(c.Key.Id)] : []);

            return !after.Listed || after.Key == c.Key ? Unit.Value : throw new RefusedException(
                RefusalKind.Conflict, "identity_refused", $"Another Portal answered than was {(after.Key is null ? "typed" : "met before")}: {c.Key.Id}.");
        }
    }
}
