using MediatR;
using PeerRegistry.Api.ForwardAuth.ProxyConfig;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Api.Hosting;

namespace PeerRegistry.Api.Cli;

/// <summary>
/// The command <c>proxy-config</c>. It prints the configuration of a reverse proxy for the registered Portals and apps, whether or not the
/// registry is running.
/// </summary>
internal static class ProxyConfigVerb
{
    /// <summary>By the proxy's name: for one that asks the core about every request, and for one that passes everything on to the gateway.</summary>
    public static readonly IReadOnlyDictionary<string, (Func<ProxySetup, string> ForwardAuth, Func<ProxySetup, string> Gateway)> Writers =
        new Dictionary<string, (Func<ProxySetup, string>, Func<ProxySetup, string>)>
        {
            ["caddy"] = (CaddyConfig.Write, GatewayConfig.Caddy),
            ["nginx"] = (NginxConfig.Write, GatewayConfig.Nginx),
            ["traefik"] = (TraefikConfig.Write, GatewayConfig.Traefik),
        };

    public static async Task Run(Func<ProxySetup, string> write, string[] settings)
    {
        await using var app = RegistryHost.Build(settings);
        await RegistryHost.StartStore(app);
        var (options, snapshots) = (app.Services.GetRequiredService<RegistryOptions>(), app.Services.GetRequiredService<IPortalSnapshots>());
        await using var scope = app.Services.CreateAsyncScope();
        var first = await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new FindDefaultPortal());
        var setup = ProxySetup.Of(snapshots.All, first.Portal.Id, options, app.Services.GetRequiredService<IProxySecrets>());
        foreach (var leftOut in setup.LeftOut)
            await Console.Error.WriteLineAsync($"Left out: {leftOut}");
        await Console.Out.WriteAsync(write(setup));
    }
}
