using System.Buffers.Text;
using System.Globalization;
using System.Text;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Keys;

/// <summary>Derived from the master key, so that there is nothing to store, and nothing in the database to steal.</summary>
internal sealed class ProxySecrets(MasterKey master) : IProxySecrets
{
    public string Of(PortalId portal, AppRow app)
    {
        var registered = app.RegisteredAt.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        Span<byte> secret = stackalloc byte[32];
        master.Derive(Encoding.UTF8.GetBytes($"proxy secret\n{portal.Value}\n{app.Name}\n{registered}"), secret);
        return Base64Url.EncodeToString(secret);
    }
}
