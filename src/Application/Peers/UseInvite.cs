using System.Collections.Concurrent;
using Marten;
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
    internal sealed class Handler(IInvites codes, InviteGuesses guesses, IMediator mediator, CurrentActor actor) : IRequestHandler<UseInvite, bool>
    {
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

            actor.Reason = "invite";
            return await mediator.Send(new AcceptInvited(c.Portal, c.Key, c.Name, c.Domain, invite), ct);
        }
    }
}

/// <summary>Uses an invite up and adds the stranger who brought it, in one transaction.</summary>
/// <returns>False if the invite is not open, or a contact stands in the way.</returns>
internal sealed record AcceptInvited(PortalId Portal, PublicKey Key, string? Name, string Domain, string Invite) : ICommand<bool>
{
    internal sealed class Handler(
        IDocumentSession session, IPortalSnapshots snapshots, IPeerContacts contacts, IPeeringOffers offers, TimeProvider clock)
        : IRequestHandler<AcceptInvited, bool>
    {
        public async Task<bool> Handle(AcceptInvited c, CancellationToken ct)
        {
            var (id, now) = (c.Key.Id, clock.GetUtcNow());
            var invites = await session.Load<Invites, PortalEvent>(Identity.Stream, ct);
            var peer = await session.LoadPeer(id.Short, ct);
            if (Invites.Use(invites.State, c.Invite, id, now) is not { } used || !peer.Append(Decide(c, peer.State)))
                return false;

            invites.Append([used]);
            offers.Drop(session, id);
            await contacts.Change(session, c.Portal, id.Short, contact => contact.Want(WantedPeering.Offered, now, byOwner: false), ct);
            return true;
        }

        /// <returns>Nothing where a contact stands in the way.</returns>
        private List<PeerEvent> Decide(AcceptInvited c, Peer peer)
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
