using MediatR;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Domain.SignedCalls;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>For the owner: lists the calls of an app that wait, in the order in which they were accepted.</summary>
public sealed record ListWaitingCalls(PortalId Portal, string App, int Limit) : IRequest<IReadOnlyList<DeferredCall>>
{
    internal sealed class Handler(IDeferredCalls calls) : IRequestHandler<ListWaitingCalls, IReadOnlyList<DeferredCall>>
    {
        public Task<IReadOnlyList<DeferredCall>> Handle(ListWaitingCalls q, CancellationToken ct) =>
            calls.List(q.Portal, q.App, DeferredCallState.Waiting, null, q.Limit, ct);
    }
}
