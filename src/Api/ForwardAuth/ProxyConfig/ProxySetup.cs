using System.Net;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.ForwardAuth;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.ForwardAuth.ProxyConfig;

/// <param name="Upstream">The app's own <c>host:port</c>.</param>
/// <param name="Secret">The secret that the proxy sends to the app with every request, in <see cref="ProxySecret.Header"/>.</param>
internal sealed record ProxiedApp(string Name, string Upstream, string Secret);

/// <param name="IdentityHeaderNames">Every <c>X-Ptl-*</c> header that this Portal's verdicts carry, in a fixed order.</param>
internal sealed record ProxiedPortal(string Domain, IReadOnlyList<ProxiedApp> Apps, IReadOnlyList<string> IdentityHeaderNames)
{
    /// <summary>The headers that the app receives from the verdict and never from the caller.</summary>
    public IEnumerable<string> ReplacedHeaders => [.. IdentityHeaderNames, .. IdentityHeaders.FromRequest];
}

/// <summary>The data for a proxy's configuration, whichever proxy it is.</summary>
/// <param name="Edge">The <c>host:port</c> at which the proxy reaches the edge listener, as <paramref name="Internal"/> is for the internal one.</param>
internal sealed record ProxySetup(
    IReadOnlyList<ProxiedPortal> Portals, string Edge, string Internal, int Port, bool InternalAuthority, string? Certificate, string? CertificateKey)
{
    /// <summary>How long an admitted stream may be idle and, if the proxy can limit it, how long it may last; in seconds.</summary>
    public const int StreamSeconds = 3600;

    /// <summary>
    /// How many seconds the core may be silent on its own host before the proxy gives up. The live history sends a comment every 15 s.
    /// </summary>
    public const int CoreSeconds = 60;

    /// <summary>The address of the DNS server with which nginx resolves the names of apps' containers.</summary>
    public string Resolver { get; init; } = "127.0.0.11";

    /// <summary>The apps that are left out, each with its host name and the reason.</summary>
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

    /// <summary>Returns the loopback address for a listener on all addresses.</summary>
    private static string Near(string listen) =>
        new Uri(listen) is var uri && IPAddress.Parse(uri.Host.Trim('[', ']')) is var address
            && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
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
