using System.Globalization;
using System.Text;
using PeerRegistry.Application.Apps;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Keys;

/// <summary>Derives the keys of webhooks from the master key, as <see cref="ProxySecrets"/> does its own.</summary>
internal sealed class WebhookSecrets(MasterKey master) : IWebhookSecrets
{
    public string Of(PortalId portal, App app)
    {
        var registered = app.RegisteredAt.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        Span<byte> key = stackalloc byte[32];
        master.Derive(Encoding.UTF8.GetBytes($"webhook secret\n{portal.Value}\n{app.Name}\n{registered}"), key);
        return WebhookSignature.SecretOf(key);
    }
}
