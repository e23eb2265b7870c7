using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Apps;

/// <summary>The key with which the core signs what it posts to an app; see <see cref="WebhookSignature"/>.</summary>
public interface IWebhookSecrets
{
    /// <returns><c>whsec_</c> and 32 bytes in base64. They stay the same until the app is removed; a later registration has others.</returns>
    string Of(PortalId portal, App app);
}
