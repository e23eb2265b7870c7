using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>The secret that a proxy adds to requests to an app; see <see cref="Domain.Apps.ProxySecret"/>.</summary>
public interface IProxySecrets
{
    /// <returns>43 base64url characters; the same each time for one registration of an app, other ones after it was removed and registered again.</returns>
    string Of(PortalId portal, AppRow app);
}
