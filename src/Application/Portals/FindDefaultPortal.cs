using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Portals;

/// <summary>Finds the oldest Portal of this registry.</summary>
public sealed record FindDefaultPortal : IRequest<PortalSnapshot>
{
    internal sealed class Handler(IPortalSnapshots snapshots, IDocumentStore store) : IRequestHandler<FindDefaultPortal, PortalSnapshot>
    {
        public async Task<PortalSnapshot> Handle(FindDefaultPortal request, CancellationToken cancellationToken)
        {
            var created = new List<(long Sequence, PortalSnapshot Portal)>();
            foreach (var portal in snapshots.All)
            {
                await using var session = store.QuerySession(portal.Portal.Id.Value);
                var first = await session.Events.FetchStreamAsync(Portal.Stream, version: 1, token: cancellationToken);
                created.Add((first[0].Sequence, portal));
            }

            return created.MinBy(c => c.Sequence).Portal;
        }
    }
}
