using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Calls both ways are refused as from an unknown, and its notices get the answer that everybody gets.</summary>
public sealed record BlockPeer(PortalId Portal, TypedPortalId Id) : IRequest
{
    internal sealed class Handler(Decisions decisions) : IRequestHandler<BlockPeer, Unit>
    {
        public async Task<Unit> Handle(BlockPeer c, CancellationToken ct)
        {
            await decisions.Execute(c.Portal, c.Id.Short, peer => Peer.Block(peer.Meant(c.Id)), ct);
            return Unit.Value;
        }
    }
}
