using MediatR;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>Posts an event to an app again at once, be it one that was given up. Does not wait for the app.</summary>
/// <param name="Id">The <c>webhook-id</c>.</param>
public sealed record RedeliverEvent(PortalId Portal, string App, string Id) : IRequest
{
    internal sealed class Handler(IWebhookEvents events) : IRequestHandler<RedeliverEvent, Unit>
    {
        /// <exception cref="RefusedException"><c>event_unknown</c></exception>
        public async Task<Unit> Handle(RedeliverEvent c, CancellationToken ct) =>
            await events.Redeliver(c.Portal, c.App, c.Id, ct) ? Unit.Value : throw IWebhookEvents.Unknown();
    }
}
