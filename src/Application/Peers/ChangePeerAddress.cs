using FluentValidation;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <param name="Address">The peer's domain, or null for its name in our zone.</param>
public sealed record ChangePeerAddress(PortalId Portal, TypedPortalId Id, string? Address) : ICommand
{
    public sealed class Validator : AbstractValidator<ChangePeerAddress>
    {
        public Validator() => RuleFor(c => c.Address).MustBeDomainOf(c => c.Id.Short);
    }

    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, IPortalSnapshots snapshots, IPeerContacts contacts, TimeProvider clock)
        : IRequestHandler<ChangePeerAddress, Unit>
    {
        public async Task<Unit> Handle(ChangePeerAddress c, CancellationToken ct)
        {
            var address = c.Address?.ToLowerInvariant();
            var domain = address ?? snapshots.Require(c.Portal).Portal.ZoneName(c.Id.Short);
            var peer = await aggregates.LoadPeer(session, c.Id.Short, ct);
            if (peer.Append(Peer.ChangeAddress(peer.State.Meant(c.Id), address, domain)))
                await contacts.Change(session, c.Portal, c.Id.Short, contact => contact.Want(WantedPeering.Offered, clock.GetUtcNow()), ct);
            return Unit.Value;
        }
    }
}
