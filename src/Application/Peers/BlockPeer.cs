using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Blocks a peer: calls in both directions are refused as if it were unknown, and its notices get the same response as a stranger's.</summary>
public sealed record BlockPeer(PortalId Portal, TypedPortalId Id) : ICommand
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates) : IRequestHandler<BlockPeer, Unit>
    {
        public async Task<Unit> Handle(BlockPeer c, CancellationToken ct)
        {
            var peer = await aggregates.LoadPeer(session, c.Id.Short, ct);
            peer.Append(Peer.Block(peer.State.Meant(c.Id)));
            return Unit.Value;
        }
    }
}
