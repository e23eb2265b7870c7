using FluentValidation;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <param name="Petname">Null to show the name that the peer claims.</param>
public sealed record RenamePeer(PortalId Portal, TypedPortalId Id, string? Petname) : ICommand
{
    public sealed class Validator : AbstractValidator<RenamePeer>
    {
        public Validator() => RuleFor(c => c.Petname).MustBeNameOrNull();
    }

    internal sealed class Handler(IDocumentSession session, IAggregates aggregates) : IRequestHandler<RenamePeer, Unit>
    {
        public async Task<Unit> Handle(RenamePeer c, CancellationToken ct)
        {
            var peer = await aggregates.LoadPeer(session, c.Id.Short, ct);
            peer.Append(Peer.Rename(peer.State.Meant(c.Id), c.Petname));
            return Unit.Value;
        }
    }
}
