using FluentValidation;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Adds a stranger who has added us, under its full ID and at the domain that it gave; who answers there is pinned as ever.</summary>
public sealed record AcceptOffer(PortalId Portal, PortalId From, string? Petname) : IRequest
{
    public sealed class Validator : AbstractValidator<AcceptOffer>
    {
        public Validator() => RuleFor(c => c.Petname).MustBeNameOrNull();
    }

    internal sealed class Handler(Decisions decisions, IPortalSnapshots snapshots, IPeeringOffers offers, IPeerContacts contacts, TimeProvider clock)
        : IRequestHandler<AcceptOffer, Unit>
    {
        public async Task<Unit> Handle(AcceptOffer c, CancellationToken ct)
        {
            var offer = await offers.Find(c.Portal, c.From, ct) ?? throw PeerRefusals.OfferUnknown();
            var self = snapshots.Require(c.Portal).Portal;
            var address = offer.Domain == self.ZoneName(c.From.Short) ? null : offer.Domain;
            await decisions.Execute(
                contacts,
                c.Portal,
                c.From.Short,
                peer => Peer.Add(peer, self.Id, TypedPortalId.Of(c.From), PeerVerification.FirstUse, c.Petname, address, offer.Domain),
                (_, contact) => contact.Want(WantedPeering.Offered, clock.GetUtcNow()),
                ct);
            contacts.Signal();
            return Unit.Value;
        }
    }
}
