using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Says which circles a peer is in. It leaves all others.</summary>
public sealed record SetPeerCircles(PortalId Portal, TypedPortalId Id, IReadOnlyCollection<CircleId> Circles) : ICommand
{
    internal sealed class Handler(
        IDocumentSession session, IAggregates aggregates, IPortalSnapshots snapshots, IPeerings peerings, TimeProvider clock)
        : IRequestHandler<SetPeerCircles, Unit>
    {
        /// <exception cref="RefusedException"><c>peer_unknown</c>; <c>circle_unknown</c></exception>
        public async Task<Unit> Handle(SetPeerCircles c, CancellationToken ct)
        {
            var circles = snapshots.Require(c.Portal).Circles;
            foreach (var circle in c.Circles)
                CircleList.Require(circles, circle);
            var peer = await aggregates.LoadPeer(session, c.Id.Short, ct);
            var known = peer.State.Meant(c.Id);
            var after = CircleSet.Of(c.Circles);
            if (peer.Append(Peer.SetCircles(known, after)) && snapshots.Require(c.Portal).SeeDifferently(known, after))
                await peerings.Restate(session, [known.Short], clock.GetUtcNow());
            return Unit.Value;
        }
    }
}
