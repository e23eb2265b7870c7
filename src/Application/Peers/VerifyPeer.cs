using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Records that the owner has compared the numbers of both IDs with the peer's owner, who records the same there.</summary>
/// <param name="Compared">The full ID of the peer whose numbers were shown.</param>
public sealed record VerifyPeer(PortalId Portal, TypedPortalId Id, PortalId Compared) : ICommand
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates) : IRequestHandler<VerifyPeer, Unit>
    {
        public async Task<Unit> Handle(VerifyPeer c, CancellationToken ct)
        {
            var peer = await aggregates.LoadPeer(session, c.Id.Short, ct);
            peer.Append(Peer.Verify(peer.State.Meant(c.Id), c.Compared));
            return Unit.Value;
        }
    }
}
