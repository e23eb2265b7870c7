using System.Net;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.ForwardAuth;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.ForwardAuth.ProxyConfig;

/// <param name="Upstream"><c>host:port</c> where the app itself listens.</param>
/// <param name="Secret">Sent to the app with every request, as <see cref="ProxySecret.Header"/>.</param>
internal sealed record ProxiedApp(string Name, string Upstream, string Secret);

/// <param name="IdentityHeaderNames">Every <c>X-Ptl-*</c> header that this Portal's verdicts carry, in a fixed order.</param>
internal sealed record ProxiedPortal(string Domain, IReadOnlyList<ProxiedApp> Apps, IReadOnlyList<string> IdentityHeaderNames)
{
    /// <summary>Every header that the app receives from the verdict, and never from the caller.</summary>
    public IEnumerable<string> ReplacedHeaders => [.. IdentityHeaderNames, .. IdentityHeaders.FromRequest];
}

/// <summary>All that a proxy has to know, whichever it is.</summary>
/// <param name="Edge"><c>host:port</c> of the edge listener as the proxy reaches it; so is <paramref name="Internal"/>.</param>
internal sealed record ProxySetup(
    IReadOnlyList<ProxiedPortal> Portals, string Edge, string Internal, int Port, bool InternalAuthority, string? Certificate, string? CertificateKey)
{
    /// <summary>How long a stream that was let in may stand still, and where a proxy can tell, last; seconds.</summary>
    public const int StreamSeconds = 3600;

    /// <summary>
    /// How long the core may stay silent on its own host before the proxy gives up; seconds. The live history sends a comment every 15 s.
    /// </summary>
    public const int CoreSeconds = 60;

    /// <summary>Address of the DNS server that nginx asks for the names of apps' containers.</summary>
    public string Resolver { get; init; } = "127.0.0.11";

    /// <summary>Apps that are left out, each with its host name and the reason.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <param name="defaultPortal">The Portal whose apps <c>Apps:Upstreams</c> names without a short ID.</param>
    public static ProxySetup Of(IReadOnlyCollection<PortalSnapshot> portals, PortalId defaultPortal, RegistryOptions options, IProxySecrets secrets)
    {
        var upstreams = new AppUpstreams(portals, defaultPortal, options);
        var leftOut = new List<string>();
        return new ProxySetup(
            [.. portals.OrderBy(portal => portal.Portal.Domain, StringComparer.Ordinal).Select(portal => Of(portal, upstreams, secrets, leftOut))],
            options.Proxy.Edge ?? Near(options.Listen.Edge),
            options.Proxy.Internal ?? Near(options.Listen.Internal),
            options.Portal.PublicPort,
            options.Proxy.InternalAuthority,
            options.Proxy.Certificate,
            options.Proxy.CertificateKey)
        {
            Resolver = options.Proxy.Resolver,
            LeftOut = leftOut,
        };
    }

    /// <summary>A listener on every address is reached by the machine's own.</summary>
    private static string Near(string listen) =>
        new Uri(listen) is var uri && IPAddress.Parse(uri.Host.Trim('[', ']')) is var address && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            ? $"127.0.0.1:{uri.Port}"
            : $"{uri.Host}:{uri.Port}";

    private static ProxiedPortal Of(PortalSnapshot portal, AppUpstreams upstreams, IProxySecrets secrets, List<string> leftOut)
    {
        var apps = portal.Apps.Values.OrderBy(app => app.Name, StringComparer.Ordinal).ToList();
        var served = new List<ProxiedApp>();
        foreach (var app in apps)
        {
            var (address, fault) = upstreams.Find(portal, app);
            if (address is null)
                leftOut.Add($"{app.Name}.{portal.Portal.Domain}: {fault}");
            else
                served.Add(new ProxiedApp(app.Name, address, secrets.Of(portal.Portal.Id, app)));
        }

        return new ProxiedPortal(portal.Portal.Domain, served, [.. IdentityHeaders.Of(portal).Names]);
    }
}
