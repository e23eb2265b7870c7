using FluentValidation;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <param name="Petname">Null: show the name that it claims.</param>
public sealed record RenamePeer(PortalId Portal, TypedPortalId Id, string? Petname) : IRequest
{
    public sealed class Validator : AbstractValidator<RenamePeer>
    {
        public Validator() => RuleFor(c => c.Petname).MustBeNameOrNull();
    }

    internal sealed class Handler(Decisions decisions) : IRequestHandler<RenamePeer, Unit>
    {
        public async Task<Unit> Handle(RenamePeer c, CancellationToken ct)
        {
            await decisions.Execute(c.Portal, c.Id.Short, peer => Peer.Rename(peer.Meant(c.Id), c.Petname), ct);
            return Unit.Value;
        }
    }
}
