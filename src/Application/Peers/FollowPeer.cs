using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>
/// Asks at an address that a peer has given of itself whether the peer is there, and moves the peer there if an answer that is signed with its pinned key
/// says so. An address that is merely claimed moves nobody.
/// </summary>
/// <param name="Address">The host with its port, as <see cref="PeerRules.IsDomainOf"/> allows it.</param>
/// <returns>Whether the peer is there.</returns>
internal sealed record FollowPeer(PortalId Portal, ShortId Peer, string Address) : IRequest<bool>
{
    internal sealed class Handler(IMediator mediator) : IRequestHandler<FollowPeer, bool>
    {
        public async Task<bool> Handle(FollowPeer c, CancellationToken ct)
        {
            try
            {
                await mediator.Send(new IdentifyPeer(c.Portal, c.Peer, c.Address), ct);
                return true;
            }
            catch (RefusedException)
            {
                return false; // not reached, or somebody else
            }
        }
    }
}

/// <summary>Records that a peer was met at another address, and sends it what it is still to be told there.</summary>
/// <param name="Key">The key that signed the answer.</param>
internal sealed record MovePeer(PortalId Portal, PublicKey Key, string Address) : ICommand
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, IPortalSnapshots snapshots, TimeProvider clock)
        : IRequestHandler<MovePeer, Unit>
    {
        public async Task<Unit> Handle(MovePeer c, CancellationToken ct)
        {
            var id = c.Key.Id.Short;
            var peer = await aggregates.LoadPeer(session, id, ct);
            var address = c.Address == snapshots.Require(c.Portal).Portal.ZoneName(id) ? null : c.Address;
            peer.Append(Peer.Move(peer.State, c.Key, address, c.Address, clock.Today()));
            return Unit.Value;
        }
    }
}
