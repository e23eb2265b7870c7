using MediatR;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
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
                contacts,
                c.Portal,
                c.Id.Short,
                peer => Peer.Remove((before = peer).Meant(c.Id), c.Forget),
                (_, contact) => before is { Listed: true, Key: { } key }
                    ? contact.Want(WantedPeering.Withdrawn, clock.GetUtcNow(), before.Domain, key)
                    : null,
                ct,
                _ => Drop(c, before));
            contacts.Signal();
            return Unit.Value;
        }

        /// <summary>A peer that was never reached has nothing to learn from us, so its contact goes entirely.</summary>
        private static IReadOnlyList<IAlongside> Drop(RemovePeer c, Peer peer) =>
        [
            new DropPeerProfile(c.Id.Short),
            .. c.Forget || peer.Key is null ? [new ForgetContact(c.Id.Short, Entirely: peer.Key is null)] : (IAlongside[])[],
        ];
    }
}
