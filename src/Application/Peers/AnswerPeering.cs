using FluentValidation;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>
/// Handles a notice of another Portal, signed with the key in it. Every sender that is not a contact with this pinned key gets the same response,
/// so that the response reveals nothing about the contact list.
/// </summary>
/// <param name="Network">The sender's /24 or /48.</param>
/// <param name="Invite">The code of an invite.</param>
/// <param name="Port">The port of the sender's domain, or null for 443.</param>
public sealed record AnswerPeering(
    PortalId Portal, PublicKey Key, string? Name, string? Domain, WantedPeering Peering, long Revision, string Network, string? Invite = null, int? Port = null)
        : IRequest<AnswerPeering.Answer>
{
    /// <summary>The apps that the sender says we may use on its Portal, or null if it does not say.</summary>
    public IReadOnlyList<string?>? Apps { get; init; }

    /// <summary>The largest integer that every JSON reader keeps.</summary>
    private const long MaxRevision = (1L << 53) - 1;

    /// <param name="IsMutual">If false, the peering is only offered.</param>
    /// <param name="Apps">The apps that the sender may use here, or null if it is not told.</param>
    public readonly record struct Answer(bool IsMutual, long Revision, IReadOnlyList<string>? Apps = null);

    public sealed class Validator : AbstractValidator<AnswerPeering>
    {
        public Validator() => RuleFor(c => c.Revision).InclusiveBetween(1, MaxRevision);
    }

    internal sealed class Handler(
        IAggregates aggregates, IPortalSnapshots snapshots, IPeerContacts contacts, IPeeringOffers offers, IPeerApps apps, IMediator mediator,
        TimeProvider clock)
        : IRequestHandler<AnswerPeering, Answer>
    {
        public async Task<Answer> Handle(AnswerPeering c, CancellationToken ct)
        {
            var peer = await aggregates.ReadPeer(c.Portal, c.Key.Id.Short, ct);
            return peer?.Answers(c.Key) is true ? await FromContact(c, ct) : await FromAnybody(c, peer, ct);
        }

        private async Task<Answer> FromContact(AnswerPeering c, CancellationToken ct)
        {
            var revision = await mediator.Send(new FollowNotice(c.Portal, c.Key, DisplayName.Claimed(c.Name), c.Peering, c.Revision), ct);
            contacts.Heard(c.Portal, c.Key.Id.Short);
            var peer = await aggregates.ReadPeer(c.Portal, c.Key.Id.Short, ct);
            if (peer?.Answers(c.Key) is true && revision == c.Revision && c.Domain is not null)
                await contacts.Change(c.Portal, peer.Short, contact => contact.Announce(AnotherAddress(c, peer), clock.GetUtcNow()), ct);
            if (peer?.Answers(c.Key) is not true || peer.Status != PeerStatus.Mutual)
                return Neutral(c);

            if (revision == c.Revision && c.Peering == WantedPeering.Offered)
                await apps.Keep(c.Portal, peer.Short, PeerSight.Claimed(c.Apps), ct);
            return new Answer(IsMutual: true, revision, snapshots.Require(c.Portal).Announced(peer));
        }

        /// <summary>
        /// The address in a contact's notice if it is not the present one, or null. Nobody is moved by it: the contact is asked there. A notice without a
        /// port leaves the one that the owner has typed, since a Portal behind a router may not know the port at which it is reached.
        /// </summary>
        private static string? AnotherAddress(AnswerPeering c, Peer peer)
        {
            var said = PeerRules.Address(c.Domain!, c.Port).ToLowerInvariant();
            return said != peer.Domain && PeerRules.IsDomainOf(said, peer.Short) && (c.Port is not null || said != PeerRules.HostOf(peer.Domain)) ? said : null;
        }

        /// <summary>Never pins the key. At most, it brings forward our own request to the contact's domain.</summary>
        private async Task<Answer> FromAnybody(AnswerPeering c, Peer? peer, CancellationToken ct)
        {
            var (id, self) = (c.Key.Id, snapshots.Require(c.Portal).Portal);
            if (c.Peering == WantedPeering.Withdrawn)
            {
                await offers.Withdraw(c.Portal, id, c.Revision, ct);
            }
            else if (peer?.Blocked is not true && peer?.MayBe(TypedPortalId.Of(id)) is not false && id.Short != self.Id.Short)
            {
                var now = clock.GetUtcNow();
                var claimed = PeerRules.Address(c.Domain ?? self.ZoneName(id.Short), c.Port);
                var domain = PeerRules.IsDomainOf(claimed, id.Short) ? claimed.ToLowerInvariant() : self.ZoneName(id.Short);
                if (c.Invite is not null && await mediator.Send(new UseInvite(c.Portal, c.Key, DisplayName.Claimed(c.Name), domain, c.Invite, c.Network), ct))
                    return new Answer(IsMutual: true, (await contacts.Take(c.Portal, id.Short, c.Revision, c.Peering, ct)).Revision);
                await offers.Keep(c.Portal, new PeeringOffer(id, DisplayName.Claimed(c.Name), domain, c.Revision, now, now), c.Network, ct);
                if (peer is { Listed: true, Key: null })
                    await contacts.Change(c.Portal, id.Short, contact => contact.BringForward(now), ct);
            }

            return Neutral(c);
        }

        private static Answer Neutral(AnswerPeering c) => new(IsMutual: false, c.Revision);
    }
}

/// <summary>
/// Records what follows from a contact's notice. The revision is taken first, and what follows is recorded only while that revision is still
/// the highest, so no order of arrival lets an older notice win. A notice that repeats the taken revision and wish is judged again, because
/// the first attempt may have failed half-way; with the same revision and another wish it changes nothing.
/// </summary>
/// <returns>The highest revision that was taken from this peer.</returns>
internal sealed record FollowNotice(PortalId Portal, PublicKey Key, string? Name, WantedPeering Peering, long Revision) : ICommand<long>
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, IPeerContacts contacts, TimeProvider clock)
        : IRequestHandler<FollowNotice, long>
    {
        public async Task<long> Handle(FollowNotice c, CancellationToken ct)
        {
            var id = c.Key.Id.Short;
            var taken = await contacts.Take(c.Portal, id, c.Revision, c.Peering, ct);
            if (taken != new TakenNotice(c.Revision, c.Peering))
                return taken.Revision;

            var peer = await aggregates.LoadPeer(session, id, ct);
            if (peer.Append(Decide(c, peer.State)))
                contacts.RequireRevision(session, id, c.Revision);
            return taken.Revision;
        }

        private IReadOnlyList<PeerEvent> Decide(FollowNotice c, Peer? peer) => c.Peering == WantedPeering.Offered
            ? [.. Peer.SeeProtocol(peer, c.Key), .. Peer.Confirm(peer, c.Key), .. Peer.ClaimName(peer, c.Key, c.Name, clock.Today())]
            : Peer.Withdraw(peer, c.Key);
    }
}
