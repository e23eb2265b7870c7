using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Asks a new address of a peer whether the peer is there, before the owner moves it. Nothing is asked if the address is the present one.</summary>
/// <param name="Address">The peer's new domain, or null for its name in our zone.</param>
public sealed record CheckPeerAddress(PortalId Portal, TypedPortalId Id, string? Address) : IRequest
{
    /// <exception cref="RefusedException"><c>peer_unknown</c>; <c>rate_limited</c>; the code of a <see cref="PeerFault"/></exception>
    internal sealed class Handler(IAggregates aggregates, IPortalSnapshots snapshots, IMediator mediator) : IRequestHandler<CheckPeerAddress, Unit>
    {
        public async Task<Unit> Handle(CheckPeerAddress c, CancellationToken ct)
        {
            var peer = (await aggregates.ReadPeer(c.Portal, c.Id.Short, ct)).Meant(c.Id);
            var address = c.Address?.ToLowerInvariant() ?? snapshots.Require(c.Portal).Portal.ZoneName(c.Id.Short);
            if (address == peer.Domain || !PeerRules.IsDomainOf(address, c.Id.Short))
                return Unit.Value; // what is no domain of the peer is refused when it is saved

            var asked = await mediator.Send(new AskPortal(c.Portal, new PastedPeer(peer.Id is { } id ? TypedPortalId.Of(id) : peer.Typed, address, null)), ct);
            if (asked.Fault is { } fault)
                throw fault;
            return asked.Address == address ? Unit.Value : throw PeerFault.DomainMismatch.Refusal();
        }
    }
}
