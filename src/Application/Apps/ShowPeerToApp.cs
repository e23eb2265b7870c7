using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>Lets an app see one peer, or hides the peer from it. Nothing changes for all other peers.</summary>
public sealed record ShowPeerToApp(PortalId Portal, string App, TypedPortalId Peer, bool Shown) : ICommand
{
    internal sealed class Handler(
        IDocumentSession session, IAggregates aggregates, IPortalSnapshots snapshots, IPeerings peerings, TimeProvider clock)
        : IRequestHandler<ShowPeerToApp, Unit>
    {
        /// <exception cref="RefusedException">
        /// <c>app_unknown</c>; <c>peer_unknown</c>; <c>peer_not_reached</c>; <c>circle_decides</c>
        /// </exception>
        public async Task<Unit> Handle(ShowPeerToApp c, CancellationToken ct)
        {
            if (snapshots.Find(c.Portal)?.Peers.GetValueOrDefault(c.Peer.Short) is not { Listed: true } peer || !peer.MayBe(c.Peer))
                throw new RefusedException(RefusalKind.NotFound, "peer_unknown", "There is no such peer.");

            var id = peer.Id ?? (PortalId.TryParse(peer.Typed.Value, out var typed) ? typed : throw SetVisibility.NotReached(peer.Short));
            var app = await aggregates.LoadApp(session, c.App, ct);
            if (app.Append(Domain.Apps.App.Show(app.State, c.App, id, peer.Circles, c.Shown)))
                await peerings.Restate(session, peer.IsMutual ? [peer.Short] : [], clock.GetUtcNow());
            return Unit.Value;
        }
    }
}
