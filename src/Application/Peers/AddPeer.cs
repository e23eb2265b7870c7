using FluentValidation;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Adds a peer to the contact list, or changes it: a member that is absent stays unchanged, one that is null is cleared.</summary>
/// <remarks>A peer that was removed and whose key is kept is added at the address that it had, unless another is given.</remarks>
/// <param name="Invite">The code of an invite of that peer, which is sent with our notice.</param>
/// <param name="IsShown">
/// Whether the ID was told by the peer's own host and only shown to the owner. It is then the one to be pinned, but no proof that it is the intended peer.
/// </param>
/// <returns>True if the peer is new.</returns>
public sealed record AddPeer(
    PortalId Portal, TypedPortalId Id, Optional<string?> Petname, Optional<string?> Address, string? Invite = null, bool IsShown = false) : ICommand<bool>
{
    public sealed class Validator : AbstractValidator<AddPeer>
    {
        public Validator()
        {
            RuleFor(c => c.Petname.Or(null)).MustBeNameOrNull();
            RuleFor(c => c.Address.Or(null)).MustBeDomainOf(c => c.Id.Short);
        }
    }

    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, IPortalSnapshots snapshots, IPeerContacts contacts, TimeProvider clock)
        : IRequestHandler<AddPeer, bool>
    {
        public async Task<bool> Handle(AddPeer c, CancellationToken ct)
        {
            var self = snapshots.Require(c.Portal).Portal;
            var peer = await aggregates.LoadPeer(session, c.Id.Short, ct);
            var events = Decide(c, peer.State, self.Id, self.ZoneName(c.Id.Short));
            peer.Append(events);
            if (c.Invite is not null || events.Any(e => e is not PeerRenamed))
            {
                await contacts.Change(
                    session, c.Portal, c.Id.Short, contact => contact.Want(WantedPeering.Offered, clock.GetUtcNow(), invite: c.Invite), ct);
            }

            return peer.State is not { Listed: true };
        }

        private static IReadOnlyList<PeerEvent> Decide(AddPeer c, Peer? peer, PortalId self, string zoneName)
        {
            var listed = peer is { Listed: true } ? peer : null;
            var petname = c.Petname.Or(listed?.Petname);
            var known = peer is { Domain.Length: > 0 } && peer.Domain != zoneName ? peer.Domain : null;
            var address = c.Address.Or(known)?.ToLowerInvariant();
            var verification = c switch
            {
                { Invite: not null } => PeerVerification.Invite,
                { Id.IsFull: true, IsShown: false } => PeerVerification.FullId,
                _ => PeerVerification.FirstUse,
            };
            var added = Peer.Add(peer, self, c.Id, verification, petname, address, address ?? zoneName);
            return added.Count > 0 ? added : [.. Peer.Rename(peer, petname), .. Peer.ChangeAddress(peer, address, address ?? zoneName)];
        }
    }
}
