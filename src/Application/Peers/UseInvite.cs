using System.Collections.Concurrent;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>
/// A stranger's notice, signed with the key in it, brings an invite. Invite and contact are judged and recorded in one transaction,
/// so that of two who come with the same code one gets in. Here, and only here, a notice pins: the owner let in whoever comes with the code.
/// </summary>
/// <param name="Domain">The domain that the stranger claims; our own request will show whether it answers there.</param>
internal sealed record UseInvite(PortalId Portal, PublicKey Key, string? Name, string Domain, string Code, string Network) : IRequest<bool>
{
    internal sealed class Handler(
        IEventStore store, IInvites codes, InviteGuesses guesses, IPortalSnapshots snapshots, CurrentActor actor, IPeerContacts contacts, TimeProvider clock)
        : IRequestHandler<UseInvite, bool>
    {
        private const int Attempts = 20;

        /// <returns>False: whoever asks gets the answer that everybody gets.</returns>
        public async Task<bool> Handle(UseInvite c, CancellationToken ct)
        {
            if (guesses.AreTooMany(c.Portal, c.Network))
                return false;

            if (c.Code.Length > 64 || await codes.Find(c.Portal, TokenHash.Of(c.Code), ct) is not { } invite)
            {
                guesses.Count(c.Portal, c.Network);
                return false;
            }

            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return await Try(c, invite, ct);
                }
                catch (StaleVersionException) when (attempt < Attempts)
                {
                }
            }
        }

        private async Task<bool> Try(UseInvite c, string invite, CancellationToken ct)
        {
            var (portal, peer) = (await store.ReadStream(c.Portal, Identity.Stream, default, ct), await store.ReadStream(c.Portal, PeerStreams.Name(c.Key.Id.Short), default, ct));
            var now = clock.GetUtcNow();
            var used = Invites.Use(portal.Aggregate(Invites.Initial, (state, e) => Invites.Evolve(state, (PortalEvent)e.Data)), invite, c.Key.Id, now);
            if (used is null || Decide(c, peer.Aggregate(Peer.Initial, (state, e) => Peer.Evolve(state, (PeerEvent)e.Data))) is not { Count: > 0 } events)
                return false;

            var contact = await contacts.Load(c.Portal, c.Key.Id.Short, ct);
            var changes = new Changes(
                c.Portal, actor.Actor,
                [
                    new StreamChange(Identity.Stream, portal[^1].Version, [used]),
                    new StreamChange(PeerStreams.Name(c.Key.Id.Short), peer.Count == 0 ? 0 : peer[^1].Version, events),
                ])
            {
                Reason = "invite",
                Alongside =
                [
                    new StoreContact(c.Key.Id.Short, contact.Contact.Want(WantedPeering.Offered, now, byOwner: false), contact.Version),
                    new DropOffer(c.Key.Id),
                ],
            };
            await store.Append(changes, ct);
            contacts.Signal();
            return true;
        }

        /// <returns>Nothing where a contact stands in the way.</returns>
        private List<PeerEvent> Decide(UseInvite c, Peer peer)
        {
            var self = snapshots.Require(c.Portal).Portal;
            var address = c.Domain == self.ZoneName(c.Key.Id.Short) ? null : c.Domain;
            if (peer.Blocked)
                return [];

            try
            {
                var added = Peer.Add(peer, self.Id, TypedPortalId.Of(c.Key.Id), PeerVerification.Invite, peer.Petname, address, c.Domain);
                var listed = added.Aggregate(peer, Peer.Evolve);
                var pinned = Peer.Welcome(listed, c.Key, c.Name);
                var known = pinned.Aggregate(listed, Peer.Evolve);
                return [.. added, .. pinned, .. Peer.SeeProtocol(known, c.Key), .. Peer.Confirm(known, c.Key)];
            }
            catch (RefusedException)
            {
                return []; // ourselves, or another with the same six characters
            }
        }
    }
}

/// <summary>Ten wrong codes a minute from one network; beyond that none is looked at.</summary>
public sealed class InviteGuesses(TimeProvider clock)
{
    private const int MaxWrong = 10;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(PortalId, string), (DateTimeOffset Since, int Wrong)> wrong = new();

    public bool AreTooMany(PortalId portal, string network) =>
        wrong.TryGetValue((portal, network), out var found) && found.Wrong >= MaxWrong && clock.GetUtcNow() - found.Since < Window;

    public void Count(PortalId portal, string network)
    {
        var now = clock.GetUtcNow();
        foreach (var (key, found) in wrong)
        {
            if (now - found.Since >= Window)
                wrong.TryRemove(new(key, found));
        }

        wrong.AddOrUpdate((portal, network), (now, 1), (_, found) => found with { Wrong = found.Wrong + 1 });
    }
}
