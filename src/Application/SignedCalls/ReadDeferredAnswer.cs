using MediatR;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>Returns the body of the answer to a deferred call of an app, with the call.</summary>
public sealed record ReadDeferredAnswer(PortalId Portal, string App, Guid Id) : IRequest<(DeferredCall Call, byte[] Body)>
{
    internal sealed class Handler(IDeferredCalls calls, IMediator mediator) : IRequestHandler<ReadDeferredAnswer, (DeferredCall Call, byte[] Body)>
    {
        /// <exception cref="RefusedException"><c>call_unknown</c>; <c>answer_missing</c></exception>
        public async Task<(DeferredCall Call, byte[] Body)> Handle(ReadDeferredAnswer q, CancellationToken ct)
        {
            var call = await mediator.Send(new ShowDeferredCall(q.Portal, q.App, q.Id), ct);
            return await calls.FindAnswer(q.Portal, q.Id, ct) is { } body
                ? (call, body)
                : throw new RefusedException(RefusalKind.NotFound, "answer_missing", "No answer to this call is kept.");
        }
    }
}

/// <summary>Returns what the receiving core has signed of the answer to a deferred call of an app.</summary>
public sealed record ReadDeferredReceipt(PortalId Portal, string App, Guid Id) : IRequest<CallReceipt>
{
    internal sealed class Handler(IDeferredCalls calls, IMediator mediator) : IRequestHandler<ReadDeferredReceipt, CallReceipt>
    {
        /// <exception cref="RefusedException"><c>call_unknown</c>; <c>receipt_missing</c></exception>
        public async Task<CallReceipt> Handle(ReadDeferredReceipt q, CancellationToken ct)
        {
            await mediator.Send(new ShowDeferredCall(q.Portal, q.App, q.Id), ct);
            return await calls.FindReceipt(q.Portal, q.Id, ct)
                ?? throw new RefusedException(RefusalKind.NotFound, "receipt_missing", "The peer's core has signed no answer to this call.");
        }
    }
}
