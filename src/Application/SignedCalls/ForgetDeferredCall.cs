using MediatR;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>For an app: cancels one of its calls and deletes what is kept of it. A request that is just being sent may still arrive.</summary>
public sealed record ForgetDeferredCall(PortalId Portal, string App, Guid Id) : IRequest<Unit>
{
    internal sealed class Handler(IDeferredCalls calls, IMediator mediator) : IRequestHandler<ForgetDeferredCall, Unit>
    {
        /// <exception cref="RefusedException"><c>call_unknown</c></exception>
        public async Task<Unit> Handle(ForgetDeferredCall c, CancellationToken ct)
        {
            await mediator.Send(new ShowDeferredCall(c.Portal, c.App, c.Id), ct);
            await calls.Forget(c.Portal, c.Id, ct);
            return Unit.Value;
        }
    }
}

/// <summary>For the owner: cancels a call that waits, which its app then sees. Returns whether it still waited.</summary>
/// <param name="Forgets">Whether what is kept of a call that does not wait any more is deleted.</param>
public sealed record CancelDeferredCall(PortalId Portal, Guid Id, bool Forgets) : IRequest<bool>
{
    internal sealed class Handler(IDeferredCalls calls) : IRequestHandler<CancelDeferredCall, bool>
    {
        /// <exception cref="RefusedException"><c>call_unknown</c></exception>
        public async Task<bool> Handle(CancelDeferredCall c, CancellationToken ct)
        {
            if (await calls.Find(c.Portal, c.Id, ct) is null)
                throw ShowDeferredCall.Unknown();
            if (await calls.Cancel(c.Portal, c.Id, ct))
                return true;

            if (c.Forgets)
                await calls.Forget(c.Portal, c.Id, ct);
            return false;
        }
    }
}
