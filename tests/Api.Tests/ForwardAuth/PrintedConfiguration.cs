using System.Collections.Immutable;
using System.Text;
using PeerRegistry.Api.ForwardAuth.ProxyConfig;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>
/// The configuration that <c>proxy-config</c> prints, made from Portals and settings in the same way as there. No test writes a list of
/// headers of its own.
/// </summary>
internal static class PrintedConfiguration
{
    /// <summary>A Portal that exists in this test only.</summary>
    /// <param name="apps">The name of each app, and the <c>paths</c> of its description.</param>
    public static PortalSnapshot Portal(string domain, params (string Name, string Paths)[] apps) =>
        new(new Portal(PortalId.Of("test"), PublicKey.Ed25519(new byte[32]), domain, "Test", null, false, null, null, null))
        {
            Apps = apps.ToImmutableDictionary(app => app.Name, app => new App(
                AppMetaParser.Parse(Encoding.UTF8.GetBytes($$"""{"v":"1.0","name":"{{app.Name}}","paths":{{app.Paths}}}""")).Meta,
                Visibility.None,
                DateTimeOffset.UnixEpoch)),
        };

    /// <param name="edge"><c>host:port</c> of the edge listener; so is <paramref name="inner"/>, of the internal one.</param>
    /// <param name="upstreams"><c>host:port</c> of each app that runs; every other app gets an address where nothing listens.</param>
    public static ProxySetup Setup(
        IEnumerable<PortalSnapshot> portals, string edge, string inner, int port, IReadOnlyDictionary<string, string> upstreams, TestCertificate? certificate,
        IProxySecrets? secrets = null)
    {
        var all = portals.ToList();
        return ProxySetup.Of(all, all[0].Portal.Id, new RegistryOptions
        {
            Portal = new() { PublicPort = port },
            Apps = new()
            {
                Upstreams = all.SelectMany(portal => portal.Apps.Keys, (portal, app) => (Portal: portal.Portal.Id, App: app)).ToDictionary(
                    each => each.Portal == all[0].Portal.Id ? each.App : $"{each.App}.{each.Portal.Short}", each =>
                        upstreams.GetValueOrDefault(each.App, "127.0.0.1:9")),
            },
            Proxy = new()
            {
                Edge = edge,
                Internal = inner,
                Certificate = certificate?.File,
                CertificateKey = certificate?.KeyFile,
            },
        }, secrets ?? new Placeholders());
    }

    /// <param name="change">Changes the printed configuration. Null: it is used as it is.</param>
    public static Task<ProxyProcess> Start(string program, Func<int, ProxySetup> setup, Func<string, string>? change = null)
    {
        change ??= text => text;
        return program == "caddy"
            ? ProxyProcess.Caddy(port => change(CaddyConfig.Write(setup(port))))
            : ProxyProcess.Nginx(port => change(NginxConfig.Write(setup(port))));
    }

    /// <summary>What stands in deploy/, where there is no secret yet.</summary>
    internal sealed class Placeholders : IProxySecrets
    {
        public string Of(PortalId portal, App app) => $"printed-by-proxy-config-for-{app.Name}";
    }
}
