using PeerRegistry.Application.Apps;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Keys;

/// <summary>Derives the keys of webhooks from the master key, as <see cref="ProxySecrets"/> does its own.</summary>
internal sealed class WebhookSecrets(MasterKey master) : IWebhookSecrets
{
    public string Of(PortalId portal, App app)
    {
        Span<byte> key = stackalloc byte[32];
        master.Derive("webhook secret", portal, app, key);
        return WebhookSignature.SecretOf(key);
    }
}
