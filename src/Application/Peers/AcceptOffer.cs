using FluentValidation;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Adds the sender of an offer with its full ID and the domain it gave. Its key is pinned as that of any other peer.</summary>
public sealed record AcceptOffer(PortalId Portal, PortalId From, string? Petname) : ICommand
{
    public sealed class Validator : AbstractValidator<AcceptOffer>
    {
        public Validator() => RuleFor(c => c.Petname).MustBeNameOrNull();
    }

    internal sealed class Handler(
        IDocumentSession session, IAggregates aggregates, IPortalSnapshots snapshots, IPeeringOffers offers, IPeerContacts contacts, TimeProvider clock)
        : IRequestHandler<AcceptOffer, Unit>
    {
        public async Task<Unit> Handle(AcceptOffer c, CancellationToken ct)
        {
            var offer = await offers.Find(c.Portal, c.From, ct) ?? throw PeerRefusals.OfferUnknown();
            var self = snapshots.Require(c.Portal).Portal;
            var address = offer.Domain == self.ZoneName(c.From.Short) ? null : offer.Domain;
            var peer = await aggregates.LoadPeer(session, c.From.Short, ct);
            if (peer.Append(Peer.Add(peer.State, self.Id, TypedPortalId.Of(c.From), PeerVerification.FirstUse, c.Petname, address, offer.Domain)))
                await contacts.Change(session, c.Portal, c.From.Short, contact => contact.Want(WantedPeering.Offered, clock.GetUtcNow()), ct);
            return Unit.Value;
        }
    }
}
