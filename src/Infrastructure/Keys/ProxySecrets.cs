using System.Buffers.Text;
using PeerRegistry.Application.Apps;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Keys;

/// <summary>Derives the proxy secrets from the master key, so that they need not be stored and cannot be stolen from the database.</summary>
internal sealed class ProxySecrets(MasterKey master) : IProxySecrets
{
    public string Of(PortalId portal, App app)
    {
        Span<byte> secret = stackalloc byte[32];
        master.Derive("proxy secret", portal, app, secret);
        return Base64Url.EncodeToString(secret);
    }
}
