using MediatR;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>Lists deferred calls in the order in which they were accepted.</summary>
/// <param name="App">Only the calls of this app, and of them only those to peers that it may see; or null for all of the Portal.</param>
/// <param name="After">The call after which the list begins, or null for its beginning.</param>
public sealed record ListDeferredCalls(PortalId Portal, string? App, Guid? After, int Limit) : IRequest<IReadOnlyList<DeferredCall>>
{
    internal sealed class Handler(IPortalSnapshots snapshots, IDeferredCalls calls) : IRequestHandler<ListDeferredCalls, IReadOnlyList<DeferredCall>>
    {
        public Task<IReadOnlyList<DeferredCall>> Handle(ListDeferredCalls q, CancellationToken ct)
        {
            var peers = q.App is null ? null : snapshots.Find(q.Portal) is { } portal ? CallPolicy.Seen(portal, q.App) : [];
            return calls.List(q.Portal, q.App, peers, null, q.After, q.Limit, ct);
        }
    }
}
