using FluentValidation;
using MediatR;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Puts a peer into the contact list, or changes one that is there: absent is unchanged, null cleared.</summary>
/// <returns>True: it is new.</returns>
public sealed record AddPeer(PortalId Portal, TypedPortalId Id, Optional<string?> Petname, Optional<string?> Address) : IRequest<bool>
{
    public sealed class Validator : AbstractValidator<AddPeer>
    {
        public Validator()
        {
            RuleFor(c => c.Petname.Or(null)).MustBePetname();
            RuleFor(c => c.Address.Or(null)).MustBeDomainOf(c => c.Id.Short);
        }
    }

    internal sealed class Handler(Decisions decisions, IPortalSnapshots snapshots, IPeerContacts contacts, TimeProvider clock) : IRequestHandler<AddPeer, bool>
    {
        public async Task<bool> Handle(AddPeer c, CancellationToken ct)
        {
            var self = snapshots.Require(c.Portal).Portal;
            var wasNew = false;
            await decisions.Execute(
                c.Portal,
                c.Id.Short,
                peer =>
                {
                    wasNew = !peer.Listed;
                    return Decide(c, peer, self.Id, self.ZoneName(c.Id.Short));
                },
                ct,
                events => events.All(e => e is PeerRenamed) ? [] : [new WantPeering(c.Id.Short, WantedPeering.Offered, clock.GetUtcNow())]);
            contacts.Nudge();
            return wasNew;
        }

        private static IReadOnlyList<PeerEvent> Decide(AddPeer c, Peer peer, PortalId self, string zoneName)
        {
            var petname = c.Petname.Or(peer.Listed ? peer.Petname : null);
            var address = c.Address.Or(peer.Listed ? peer.Address : null)?.ToLowerInvariant();
            var verification = c.Id.IsFull ? PeerVerification.FullId : PeerVerification.FirstUse;
            var added = Peer.Add(peer, self, c.Id, verification, petname, address, address ?? zoneName);
            return added.Count > 0 ? added : [.. Peer.Rename(peer, petname), .. Peer.ChangeAddress(peer, address, address ?? zoneName)];
        }
    }
}
