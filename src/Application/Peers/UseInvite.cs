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
/// Accepts a stranger's signed notice that has the code of an invite. Invite and contact change in one transaction, so that of two strangers with
/// the same code only one gets in. This is the only case in which a notice pins a key, because the owner gave the code to its sender.
/// </summary>
/// <param name="Domain">The domain that the stranger claims. Our own request to it will verify that.</param>
internal sealed record UseInvite(PortalId Portal, PublicKey Key, string? Name, string Domain, string Code, string Network) : IRequest<bool>
{
    internal sealed class Handler(IInvites codes, InviteGuesses guesses, IMediator mediator, CurrentActor actor) : IRequestHandler<UseInvite, bool>
    {
        /// <returns>False if the invite is not accepted; the sender then gets the same response as any stranger.</returns>
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
/// <returns>False if the invite is not open, or an existing contact prevents it.</returns>
internal sealed record AcceptInvited(PortalId Portal, PublicKey Key, string? Name, string Domain, string Invite) : ICommand<bool>
{
    internal sealed class Handler(
        IDocumentSession session, IAggregates aggregates, IPortalSnapshots snapshots, IPeerContacts contacts, IPeeringOffers offers, TimeProvider clock)
        : IRequestHandler<AcceptInvited, bool>
    {
        public async Task<bool> Handle(AcceptInvited c, CancellationToken ct)
        {
            var (id, now) = (c.Key.Id, clock.GetUtcNow());
            var portal = await aggregates.LoadPortal(session, ct);
            var peer = await aggregates.LoadPeer(session, id.Short, ct);
            if (Invites.Use(portal.State, c.Invite, id, now) is not { } used || !peer.Append(Decide(c, peer.State, now)))
                return false;

            portal.Append([used]);
            offers.Drop(session, id);
            await contacts.Change(session, c.Portal, id.Short, contact => contact.Want(WantedPeering.Offered, now, byOwner: false), ct);
            return true;
        }

        /// <returns>No events if an existing contact prevents it.</returns>
        private List<PeerEvent> Decide(AcceptInvited c, Peer? peer, DateTimeOffset now)
        {
            var self = snapshots.Require(c.Portal).Portal;
            var address = c.Domain == self.ZoneName(c.Key.Id.Short) ? null : c.Domain;
            if (peer is { Blocked: true })
                return [];

            try
            {
                var added = Peer.Add(peer, self.Id, TypedPortalId.Of(c.Key.Id), PeerVerification.Invite, peer?.Petname, address, c.Domain);
                var listed = Fold.After(peer, added, now);
                var pinned = Peer.Welcome(listed, c.Key, c.Name);
                var known = Fold.After(listed, pinned, now);
                return [.. added, .. pinned, .. Peer.SeeProtocol(known, c.Key), .. Peer.Confirm(known, c.Key)];
            }
            catch (RefusedException)
            {
                return []; // ourselves, or another with the same six characters
            }
        }
    }
}

/// <summary>Allows ten wrong codes a minute from one network. After that, no code from it is checked.</summary>
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
