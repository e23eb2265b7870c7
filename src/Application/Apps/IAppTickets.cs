using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>What a browser carries from the core's host to an app's, once.</summary>
/// <param name="State">Fingerprint of the state cookie on the app's host.</param>
/// <param name="To">Path on the app's host.</param>
public sealed record AppTicket(string App, string Device, string State, string To, DateTimeOffset ExpiresAt);

/// <summary>Table <c>app_tickets</c>, by hash.</summary>
public interface IAppTickets
{
    Task Put(PortalId portal, TokenHash hash, AppTicket ticket, CancellationToken ct);

    /// <summary>Whoever takes it, it is gone; null: there is none, or it has expired.</summary>
    Task<AppTicket?> Take(PortalId portal, TokenHash hash, CancellationToken ct);
}
