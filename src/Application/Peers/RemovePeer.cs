using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <param name="Forget">Whether to forget the pinned key as well, so that adding the peer again starts afresh.</param>
public sealed record RemovePeer(PortalId Portal, TypedPortalId Id, bool Forget) : ICommand
{
    internal sealed class Handler(
        IDocumentSession session, IAggregates aggregates, IPortalSnapshots snapshots, IPeerContacts contacts, IPeerProfiles profiles, IPeerApps apps,
        TimeProvider clock)
        : IRequestHandler<RemovePeer, Unit>
    {
        public async Task<Unit> Handle(RemovePeer c, CancellationToken ct)
        {
            var id = c.Id.Short;
            var peer = await aggregates.LoadPeer(session, id, ct);
            var known = peer.State.Meant(c.Id);
            var events = Peer.Remove(known, c.Forget);
            if (events.Count == 0)
                return Unit.Value;

            if (c.Forget && known.Id is { } full)
                await ForgetVisibility(c.Portal, full, known.Circles, ct);
            peer.Append(events);
            if (known is { Listed: true, Key: { } key, Domain: var domain })
                await contacts.Change(session, c.Portal, id, contact => contact.Want(WantedPeering.Withdrawn, clock.GetUtcNow(), domain, key), ct);

            profiles.Drop(session, id);
            apps.Drop(session, id);
            if (known.Key is null)
                contacts.Drop(session, id); // it was never reached, so it has nothing to learn from us
            else if (c.Forget)
                contacts.ForgetTaken(session, id);
            return Unit.Value;
        }

        /// <summary>Removes the peer from the visibility of every app, so that a later peer with the same ID inherits nothing.</summary>
        private async Task ForgetVisibility(PortalId portal, PortalId peer, CircleSet circles, CancellationToken ct)
        {
            foreach (var name in snapshots.Require(portal).Apps.Keys.Order(StringComparer.Ordinal))
            {
                var app = await aggregates.LoadApp(session, name, ct);
                app.Append(App.Forget(app.State, name, peer, circles));
            }
        }
    }
}
