using System.Globalization;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;

namespace PeerRegistry.Api.Http;

/// <summary>Makes the URLs of links and redirects for browsers. The host is never taken from a request.</summary>
internal sealed class PublicUrl(RegistryOptions options)
{
    private readonly string port = options.Portal.PublicPort == 443 ? "" : ":" + options.Portal.PublicPort.ToString(CultureInfo.InvariantCulture);

    /// <returns>The URL without a trailing slash, such as <c>https://q69dpg.portal.localhost:8443</c>.</returns>
    public string Portal(PortalSnapshot portal) => Of(portal.Portal.Domain);

    /// <param name="app">The name of a registered app.</param>
    public string App(PortalSnapshot portal, string app) => Of($"{app}.{portal.Portal.Domain}");

    /// <summary>Plain HTTP is for names that every browser resolves to its own machine (RFC 6761), and for nothing else.</summary>
    private string Of(string host) => options.Portal.LocalPort is { } local && host.EndsWith(".localhost", StringComparison.Ordinal)
        ? string.Create(CultureInfo.InvariantCulture, $"http://{host}:{local}")
        : $"https://{host}{port}";
}
