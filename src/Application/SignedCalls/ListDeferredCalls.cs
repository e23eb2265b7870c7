using MediatR;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>Lists deferred calls in the order in which they were accepted.</summary>
/// <param name="App">Only the calls of this app, and of them only those to peers that it may see; or null for all of the Portal.</param>
/// <param name="After">The call after which the list begins, whether or not it still exists; or null for the beginning.</param>
public sealed record ListDeferredCalls(PortalId Portal, string? App, Guid? After, int Limit) : IRequest<IReadOnlyList<DeferredCall>>
{
    internal sealed class Handler(IPortalSnapshots snapshots, IDeferredCalls calls) : IRequestHandler<ListDeferredCalls, IReadOnlyList<DeferredCall>>
    {
        public async Task<IReadOnlyList<DeferredCall>> Handle(ListDeferredCalls q, CancellationToken ct)
        {
            if (q.App is not { } app)
                return await calls.List(q.Portal, null, null, q.After, q.Limit, ct);

            if (snapshots.Find(q.Portal) is not { } portal)
                return [];

            var (found, after) = (new List<DeferredCall>(), q.After);
            while (true)
            {
                var page = await calls.List(q.Portal, app, null, after, q.Limit, ct);
                found.AddRange(page.Where(call => CallPolicy.Sees(portal, app, call.Peer)).Take(q.Limit - found.Count));
                if (page.Count < q.Limit || found.Count == q.Limit)
                    return found;
                after = page[^1].Id;
            }
        }
    }
}
