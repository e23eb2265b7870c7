using MediatR;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>Lists the events that an app was posted without success, the oldest first.</summary>
/// <param name="After">The ID of the event after which the list begins, or null for its beginning.</param>
public sealed record ListUndeliveredEvents(PortalId Portal, string App, string? After, int Limit) : IRequest<IReadOnlyList<UndeliveredEvent>>
{
    internal sealed class Handler(IWebhookEvents events) : IRequestHandler<ListUndeliveredEvents, IReadOnlyList<UndeliveredEvent>>
    {
        public Task<IReadOnlyList<UndeliveredEvent>> Handle(ListUndeliveredEvents q, CancellationToken ct) =>
            events.List(q.Portal, q.App, q.After, q.Limit, ct);
    }
}
