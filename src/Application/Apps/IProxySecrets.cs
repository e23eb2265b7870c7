using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>The secret that a proxy adds to requests to an app; see <see cref="Domain.Apps.ProxySecret"/>.</summary>
public interface IProxySecrets
{
    /// <returns>43 base64url characters. They stay the same until the app is removed; a later registration has others.</returns>
    string Of(PortalId portal, App app);
}
