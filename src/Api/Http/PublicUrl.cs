using System.Globalization;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;

namespace PeerRegistry.Api.Http;

/// <summary>Links and redirects as a browser follows them; the host is never taken from a request.</summary>
internal sealed class PublicUrl(RegistryOptions options)
{
    private readonly string port = options.Portal.PublicPort == 443 ? "" : ":" + options.Portal.PublicPort.ToString(CultureInfo.InvariantCulture);

    /// <returns>Such as <c>https://q69dpg.portal.localhost:8443</c>, no slash at the end.</returns>
    public string Portal(PortalSnapshot portal) => $"https://{portal.Portal.Domain}{port}";

    /// <param name="app">A registered name.</param>
    public string App(PortalSnapshot portal, string app) => $"https://{app}.{portal.Portal.Domain}{port}";
}
