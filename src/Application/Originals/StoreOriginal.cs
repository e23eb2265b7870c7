using System.Security.Cryptography;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Devices;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Originals;

/// <summary>Stores a Portal that was planned from an original, with everything that belongs to it, in one transaction.</summary>
/// <param name="AreAllPeersVisible">Whether each app sees all peers, or none.</param>
internal sealed record StoreOriginal(PortalId Portal, PlannedPortal Plan, string Zone, bool AreAllPeersVisible, bool EmailPublic) : ICommand
{
    internal sealed class Handler(
        IDocumentSession session, IAggregates aggregates, IKeyVault vault, IAvatars avatars, IPeerContacts contacts, TimeProvider clock)
        : IRequestHandler<StoreOriginal, Unit>
    {
        /// <exception cref="RefusedException"><c>portal_exists</c></exception>
        public async Task<Unit> Handle(StoreOriginal c, CancellationToken ct)
        {
            var stored = await aggregates.LoadPortal(session, ct);
            if (stored.State is not null)
                throw ImportOriginal.Exists(c.Plan.Id);

            foreach (var app in c.Plan.Apps.OrderBy(app => app.Name, StringComparer.Ordinal))
                (await aggregates.LoadApp(session, app.Name, ct)).Append(Registered(app, c.AreAllPeersVisible));
            foreach (var device in c.Plan.Devices.OrderBy(device => device.Id, StringComparer.Ordinal))
                (await aggregates.Load<Device, DeviceEvent>(session, Device.Stream(device.Id), ct)).Append(Device.Pair(null, device.Id, device.Name));

            var (created, now) = (Created(c), clock.GetUtcNow());
            var self = created.Aggregate((Domain.Portals.Portal?)null, (portal, happened) => Domain.Portals.Portal.Evolve(portal, happened, now))!;
            foreach (var peer in c.Plan.Peers.OrderBy(peer => peer.Id.Short.Value, StringComparer.Ordinal))
                await Add(peer, self, ct);

            stored.Append(created);
            vault.Store(session, c.Plan.Key);
            if (c.Plan.Avatar is { } avatar)
                avatars.Keep(session, avatar);
            return Unit.Value;
        }

        private static IReadOnlyList<AppEvent> Registered(AppMeta app, bool seesAll) =>
            [.. App.Register(null, app), .. seesAll ? [new AppVisibilitySet(app.Name, Visibility.All)] : (AppEvent[])[]];

        private static List<PortalEvent> Created(StoreOriginal c)
        {
            var (id, plan) = (c.Plan.Id, c.Plan);
            var events = new List<PortalEvent> { new PortalCreated(id, plan.Key.Key, c.Zone, plan.Name) };
            if (plan.Email is not null || plan.Description is not null)
                events.Add(new ProfileChanged(id, plan.Name, plan.Email, plan.Description, plan.Email is not null && c.EmailPublic));
            if (plan.Avatar is { } avatar)
                events.Add(new AvatarChanged(id, AvatarImage.Sniff(avatar).MediaType, Convert.ToHexStringLower(SHA256.HashData(avatar))));
            return events;
        }

        /// <summary>The peer is asked who it is at the next start; until then its key is the one that the original had pinned.</summary>
        private async Task Add(PlannedContact planned, Domain.Portals.Portal self, CancellationToken ct)
        {
            var domain = self.ZoneName(planned.Id.Short);
            var added = Peer.Add(null, self.Id, planned.Id, PeerVerification.FirstUse, petname: null, address: null, domain);
            var listed = added.Aggregate((Peer?)null, (peer, happened) => Peer.Evolve(peer, happened, clock.GetUtcNow()));
            var met = planned.Key is { } key ? Peer.Met(listed, key, planned.Name, signed: false, clock.Today()) : [];
            (await aggregates.LoadPeer(session, planned.Id.Short, ct)).Append([.. added, .. met]);
            contacts.StoreForNextStart(session, planned.Id.Short, Contact.Initial.Want(WantedPeering.Offered, clock.GetUtcNow()));
        }
    }
}
