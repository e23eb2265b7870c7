using MediatR;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>Finds a deferred call of an app.</summary>
public sealed record ShowDeferredCall(PortalId Portal, string App, Guid Id) : IRequest<DeferredCall>
{
    /// <exception cref="RefusedException"><c>call_unknown</c></exception>
    public static Guid IdOf(string text) => Guid.TryParseExact(text, "D", out var id) ? id : throw Unknown();

    public static RefusedException Unknown() => new(RefusalKind.NotFound, "call_unknown", "There is no such call.");

    internal sealed class Handler(IPortalSnapshots snapshots, IDeferredCalls calls) : IRequestHandler<ShowDeferredCall, DeferredCall>
    {
        /// <exception cref="RefusedException"><c>call_unknown</c>, also for a call of another app or to a peer that the app may not see</exception>
        public async Task<DeferredCall> Handle(ShowDeferredCall q, CancellationToken ct) =>
            await calls.Find(q.Portal, q.Id, ct) is { } call && call.App == q.App
                && snapshots.Find(q.Portal) is { } portal && CallPolicy.Sees(portal, q.App, call.Peer)
                ? call
                : throw Unknown();
    }
}
