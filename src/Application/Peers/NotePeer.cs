using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>Writes down something about a peer. It is the owner's alone: no peer and no app ever sees it.</summary>
/// <param name="Note">Null to delete the note.</param>
public sealed record NotePeer(PortalId Portal, TypedPortalId Id, string? Note) : ICommand
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates) : IRequestHandler<NotePeer, Unit>
    {
        /// <exception cref="Domain.Common.RefusedException"><c>peer_unknown</c>; <c>note_invalid</c></exception>
        public async Task<Unit> Handle(NotePeer c, CancellationToken ct)
        {
            var peer = await aggregates.LoadPeer(session, c.Id.Short, ct);
            peer.Append(Peer.TakeNote(peer.State.Meant(c.Id), c.Note));
            return Unit.Value;
        }
    }
}
