using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Snapshots;

/// <summary>
/// Tells when something has changed that the owner's pages show: an event, or a row that is no event, such as a request in the inbox. It tells
/// nothing about the change. What other nodes change is heard, too.
/// </summary>
public interface IPortalChanges
{
    /// <summary>Marks the present state. If a later mark is equal, nothing has changed in between. A restart changes every mark.</summary>
    string Mark(PortalId portal);

    /// <returns>The mark, as soon as it differs from <paramref name="seen"/>.</returns>
    Task<string> Next(PortalId portal, string seen, CancellationToken ct);
}
