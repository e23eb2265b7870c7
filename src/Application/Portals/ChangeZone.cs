using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Portals;

/// <summary>Gives a Portal another domain. Its identity is its key, so it stays the same Portal, and every peer is told with a new notice.</summary>
/// <param name="Zone">As in <see cref="CreatePortal"/>.</param>
/// <returns>Whether the Portal had another zone before.</returns>
public sealed record ChangeZone(PortalId Portal, string Zone) : ICommand<bool>
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, IPeerings peerings, TimeProvider clock) : IRequestHandler<ChangeZone, bool>
    {
        public async Task<bool> Handle(ChangeZone c, CancellationToken ct)
        {
            var portal = await aggregates.LoadPortal(session, ct);
            if (!portal.Append(Domain.Portals.Portal.ChangeZone(portal.State, c.Zone)))
                return false;

            await peerings.RestateAll(session, clock.GetUtcNow());
            return true;
        }
    }
}

/// <summary>
/// Moves the oldest Portal of the registry to a zone, and with it every Portal that had the same zone. A Portal that was added with a zone of its own
/// keeps it. The default zone moves nobody: a setting that got lost, as on another machine, is not a wish to move.
/// </summary>
/// <returns>The Portals that were moved.</returns>
public sealed record FollowZone(string Zone) : IRequest<IReadOnlyList<PortalId>>
{
    internal sealed class Handler(IMediator mediator, Snapshots.IPortalSnapshots snapshots) : IRequestHandler<FollowZone, IReadOnlyList<PortalId>>
    {
        public async Task<IReadOnlyList<PortalId>> Handle(FollowZone c, CancellationToken ct)
        {
            if (c.Zone == RegistryOptions.PortalOptions.LocalZone)
                return [];

            var left = (await mediator.Send(new FindDefaultPortal(), ct)).Portal.Zone;
            var moved = new List<PortalId>();
            foreach (var portal in snapshots.All.Select(each => each.Portal).Where(portal => portal.Zone == left))
            {
                if (await mediator.Send(new ChangeZone(portal.Id, c.Zone), ct))
                    moved.Add(portal.Id);
            }

            return moved;
        }
    }
}
