using MediatR;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>Deletes an event that an app was posted without success. The app will not hear of it.</summary>
/// <param name="Id">The <c>webhook-id</c>.</param>
public sealed record DiscardEvent(PortalId Portal, string App, string Id) : IRequest
{
    internal sealed class Handler(IWebhookEvents events) : IRequestHandler<DiscardEvent, Unit>
    {
        /// <exception cref="RefusedException"><c>event_unknown</c></exception>
        public async Task<Unit> Handle(DiscardEvent c, CancellationToken ct) =>
            await events.Discard(c.Portal, c.App, c.Id, ct) ? Unit.Value : throw IWebhookEvents.Unknown();
    }
}
