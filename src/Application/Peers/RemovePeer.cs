using MediatR;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <param name="Forget">Drop the pinned key, too: a later addition starts afresh.</param>
public sealed record RemovePeer(PortalId Portal, TypedPortalId Id, bool Forget) : IRequest
{
    internal sealed class Handler(Decisions decisions, IPortalSnapshots snapshots, IPeerContacts contacts, IMediator mediator, TimeProvider clock)
        : IRequestHandler<RemovePeer, Unit>
    {
        public async Task<Unit> Handle(RemovePeer c, CancellationToken ct)
        {
            if (c.Forget && snapshots.Find(c.Portal)?.Peers.GetValueOrDefault(c.Id.Short) is { Id: { } known } row && row.Is(c.Id))
                await mediator.Send(new ForgetVisibility(c.Portal, known), ct);

            var before = Peer.Initial;
            await decisions.Execute(
                c.Portal,
                c.Id.Short,
                peer => Peer.Remove((before = peer).Meant(c.Id), c.Forget),
                ct,
                _ => Farewell(c, before));
            contacts.Nudge();
            return Unit.Value;
        }

        /// <summary>Who was never met has nothing to take back from us.</summary>
        private IReadOnlyList<IAlongside> Farewell(RemovePeer c, Peer peer) =>
        [
            new DropPeerProfile(c.Id.Short),
            .. peer is { Listed: true, Key: { } key }
                ? [new WantPeering(c.Id.Short, WantedPeering.Withdrawn, clock.GetUtcNow(), peer.Domain, key)]
                : (IAlongside[])[],
            .. c.Forget || peer.Key is null ? [new ForgetContact(c.Id.Short, Entirely: peer.Key is null)] : (IAlongside[])[],
        ];
    }
}
