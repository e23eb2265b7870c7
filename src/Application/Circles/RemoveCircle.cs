using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Circles;

/// <summary>
/// Removes a circle, and takes it out of the visibility of every app. The peers that were in it keep its id, which means nothing any more: writing
/// to each of two thousand peers would take long and change nothing that anybody sees.
/// </summary>
public sealed record RemoveCircle(PortalId Portal, CircleId Circle) : ICommand
{
    internal sealed class Handler(
        IDocumentSession session, IAggregates aggregates, IPortalSnapshots snapshots, IPeerings peerings, TimeProvider clock)
        : IRequestHandler<RemoveCircle, Unit>
    {
        public async Task<Unit> Handle(RemoveCircle c, CancellationToken ct)
        {
            var portal = snapshots.Find(c.Portal) ?? throw new InvalidOperationException($"Portal {c.Portal} is not served here.");
            var members = portal.Peers.Values.Where(peer => peer.Circles.Contains(c.Circle)).Select(peer => peer.Id).OfType<PortalId>().ToList();
            var circles = await aggregates.LoadCircles(session, ct);
            var told = new HashSet<ShortId>();
            var removed = CircleList.Remove(circles.State, c.Circle);
            foreach (var name in portal.Apps.Keys.Order(StringComparer.Ordinal))
            {
                var app = await aggregates.LoadApp(session, name, ct);
                if (app.Append(App.Forget(app.State, name, c.Circle, members)))
                    told.UnionWith(portal.Differing(app.State!.Visibility, app.State.Visibility.Without(c.Circle, members)));
            }

            circles.Append(removed);
            await peerings.Restate(session, told, clock.GetUtcNow());
            return Unit.Value;
        }
    }
}
