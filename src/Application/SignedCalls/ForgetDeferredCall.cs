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

/// <summary>For the owner: cancels a call that waits, which its app then sees, and deletes what is kept of one that does not wait any more.</summary>
public sealed record CancelDeferredCall(PortalId Portal, Guid Id) : IRequest<Unit>
{
    internal sealed class Handler(IDeferredCalls calls) : IRequestHandler<CancelDeferredCall, Unit>
    {
        /// <exception cref="RefusedException"><c>call_unknown</c></exception>
        public async Task<Unit> Handle(CancelDeferredCall c, CancellationToken ct)
        {
            if (await calls.Find(c.Portal, c.Id, ct) is null)
                throw ShowDeferredCall.Unknown();
            await calls.CancelOrForget(c.Portal, c.Id, ct);
            return Unit.Value;
        }
    }
}
