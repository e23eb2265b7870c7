using PeerRegistry.Api.ForwardAuth.ProxyConfig;
using PeerRegistry.Application.Kernel;

namespace PeerRegistry.Api.Cli;

/// <summary>
/// <c>proxy-config</c>: prints the configuration of a reverse proxy for the registered Portals and apps, whether the registry is running
/// or not.
/// </summary>
internal static class ProxyConfigVerb
{
    public static readonly IReadOnlyDictionary<string, Func<ProxySetup, string>> Writers = new Dictionary<string, Func<ProxySetup, string>>
    {
        ["caddy"] = CaddyConfig.Write,
        ["nginx"] = NginxConfig.Write,
        ["traefik"] = TraefikConfig.Write,
    };

    public static async Task Run(Func<ProxySetup, string> write, string[] settings)
    {
        await using var app = Program.Build(settings);
        await Program.StartStore(app);
        var (options, snapshots) = (app.Services.GetRequiredService<RegistryOptions>(), app.Services.GetRequiredService<IPortalSnapshots>());
        await Console.Out.WriteAsync(write(ProxySetup.Of(snapshots.All, options)));
    }
}
