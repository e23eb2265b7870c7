using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>A ticket that a browser carries once from the core's host to an app's.</summary>
/// <param name="State">The hash of the state cookie on the app's host.</param>
/// <param name="To">The path on the app's host.</param>
public sealed record AppTicket(string App, string Device, string State, string To, DateTimeOffset ExpiresAt);

/// <summary>Table <c>app_tickets</c>, by hash.</summary>
public interface IAppTickets
{
    Task Put(PortalId portal, TokenHash hash, AppTicket ticket, CancellationToken ct);

    /// <summary>Deletes and returns the ticket, so it works once. Null if it is unknown or has expired.</summary>
    Task<AppTicket?> Take(PortalId portal, TokenHash hash, CancellationToken ct);
}
