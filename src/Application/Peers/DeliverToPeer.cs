using System.Security.Cryptography;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>
/// Contacts one peer if it is due: asks who it is, if the last answer is too old, and tells it our wanted state, if it has not answered
/// that yet. Does nothing if the contact is not due. Returns when to look again if another node is contacting the peer, else null.
/// </summary>
public sealed record DeliverToPeer(PortalId Portal, ShortId Peer) : IRequest<DateTimeOffset?>
{
    internal sealed class Handler(IAggregates aggregates, IPeerContacts contacts, IMediator mediator, TimeProvider clock)
        : IRequestHandler<DeliverToPeer, DateTimeOffset?>
    {
        public async Task<DateTimeOffset?> Handle(DeliverToPeer c, CancellationToken ct)
        {
            var claim = await contacts.Claim(c.Portal, c.Peer, clock.GetUtcNow(), ct);
            if (claim.Contact is not { } contact)
                return claim.ClaimedUntil;

            var peer = await aggregates.ReadPeer(c.Portal, c.Peer, ct);
            if (contact.Wanted == WantedPeering.Offered && peer is not { Listed: true, Blocked: false })
            {
                await contacts.Finish(c.Portal, c.Peer, current => current.Rest(contact), ct);
                return null;
            }

            var attempt = new ContactAttempt(contact);
            try
            {
                if (contact.Wanted == WantedPeering.Offered)
                    attempt = await Identify(c, peer!, attempt, ct);

                if (contact.Waiting)
                    attempt = attempt with { Reply = await mediator.Send(new OfferPeering(c.Portal, c.Peer, contact), ct) };
            }
            catch (RefusedException e)
            {
                attempt = attempt with { Error = new ContactError(e.Code, e.Message, clock.GetUtcNow()), RetryAfter = e.RetryAfter };
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                var error = new ContactError("internal_error", "Something went wrong here. The log of this Portal says what.", clock.GetUtcNow());
                await Finish(c, attempt with { Error = error }, ct);
                throw;
            }

            await Finish(c, attempt, ct);
            if (attempt.Identified)
                await mediator.Send(new FetchPeerPicture(c.Portal, c.Peer), ct); // last, as nothing waits for it
            return null;
        }

        /// <summary>Asks first at the address that the peer has announced, if any. As long as it is not met there, its present address counts.</summary>
        private async Task<ContactAttempt> Identify(DeliverToPeer c, Peer peer, ContactAttempt attempt, CancellationToken ct)
        {
            if (peer.Key is not null && attempt.Begun.Announced is { } announced
                && await mediator.Send(new FollowPeer(c.Portal, c.Peer, announced), ct))
                return attempt with { Identified = true, Moved = true };
            if (peer.Key is not null && !attempt.Begun.IsIdentificationDue(clock.GetUtcNow()))
                return attempt;

            await mediator.Send(new IdentifyPeer(c.Portal, c.Peer), ct);
            return attempt with { Identified = true };
        }

        private Task Finish(DeliverToPeer c, ContactAttempt attempt, CancellationToken ct)
        {
            var (now, chance) = (clock.GetUtcNow(), RandomNumberGenerator.GetInt32(int.MaxValue) / (double)int.MaxValue);
            return contacts.Finish(c.Portal, c.Peer, current => current.After(attempt, now, chance), ct);
        }
    }
}
