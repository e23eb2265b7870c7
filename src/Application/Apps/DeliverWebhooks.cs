using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>
/// Says that events may be due to be posted to an app. Stored with the events, in the same transaction. The handler reads which are due, so an
/// outdated message does nothing.
/// </summary>
public sealed record DeliverWebhooks(PortalId Portal, string App);
