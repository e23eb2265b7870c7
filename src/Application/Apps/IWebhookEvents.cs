using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>An event that an app was posted without success.</summary>
/// <param name="Id">The <c>webhook-id</c>.</param>
/// <param name="Type">Such as <c>peer_renamed</c>.</param>
/// <param name="PeerId">The known part of the peer's ID.</param>
/// <param name="Error"><c>app_unavailable</c>, <c>app_failed</c>, <c>app_timeout</c> or <c>app_refused</c>.</param>
/// <param name="Status">The status of the app's last answer, or null if it gave none.</param>
/// <param name="NextAttemptAt">Null once the core has given up.</param>
/// <param name="GivenUpAt">Null while the core tries again by itself.</param>
public sealed record UndeliveredEvent(
    string Id, string Type, string PeerId, ShortId ShortId, DateTimeOffset CreatedAt, int Attempts, string Error, int? Status,
    DateTimeOffset? NextAttemptAt, DateTimeOffset? GivenUpAt);

/// <summary>The events that wait to be posted to apps.</summary>
public interface IWebhookEvents
{
    /// <summary>Those that failed at least once, the oldest first.</summary>
    /// <param name="after">The ID of the event after which the list begins, or null for its beginning.</param>
    Task<IReadOnlyList<UndeliveredEvent>> List(PortalId portal, string app, string? after, int limit, CancellationToken ct);

    /// <summary>Posts an event again at once, under its ID, and gives it as much time as a new one.</summary>
    /// <returns>False if there is no such event.</returns>
    Task<bool> Redeliver(PortalId portal, string app, string id, CancellationToken ct);

    /// <returns>False if there is no such event.</returns>
    Task<bool> Discard(PortalId portal, string app, string id, CancellationToken ct);

    /// <summary>The refusal <c>event_unknown</c>.</summary>
    static RefusedException Unknown() =>
        new(RefusalKind.NotFound, "event_unknown", "No such event waits for this app. It may have arrived, or its peer may be hidden from the app now.");
}
