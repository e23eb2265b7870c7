using PeerRegistry.Api.ForwardAuth.ProxyConfig;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>What lies in deploy/ is what <c>proxy-config</c> prints for the sample app, beside containers of docker-compose.yml.</summary>
public sealed class DeployTests
{
    [Theory]
    [InlineData("caddy/Caddyfile")]
    [InlineData("nginx/portal.conf")]
    [InlineData("traefik/portal.yml")]
    public void The_samples_are_as_the_program_writes_them(string file)
    {
        var (write, domain) = file switch
        {
            "caddy/Caddyfile" => ((Func<ProxySetup, string>)CaddyConfig.Write, "{$PORTAL_DOMAIN}"), // Caddy fills it in
            "nginx/portal.conf" => (NginxConfig.Write, "abcdef.portal.example"),
            _ => (TraefikConfig.Write, "abcdef.portal.example"),
        };
        var portal = new ProxiedPortal(
            domain, [new ProxiedApp("postcards", "postcards:80")], ["X-Ptl-Client-Type", "X-Ptl-Client-Id", "X-Ptl-Client-Name"]);
        var setup = new ProxySetup([portal], "portal_core:8080", "portal_core:80", 443, InternalAuthority: false, null, null);
        var path = Path.Combine(Root(), "deploy", file);

        var written = write(setup);
        if (Environment.GetEnvironmentVariable("REWRITE") is not null)
            File.WriteAllText(path, written);

        Assert.Equal(written, File.ReadAllText(path));
    }

    private static string Root()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "PeerRegistry.sln")))
            directory = Path.GetDirectoryName(directory)!;
        return directory;
    }
}
