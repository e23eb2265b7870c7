using System.Text.RegularExpressions;
using PeerRegistry.Api.Cli;
using PeerRegistry.Api.ForwardAuth.ProxyConfig;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>What lies in deploy/ is what <c>proxy-config</c> prints for the sample app, beside containers of docker-compose.yml.</summary>
public sealed class DeployTests
{
    [Theory]
    [InlineData("forward-auth/caddy/Caddyfile")]
    [InlineData("forward-auth/nginx/portal.conf")]
    [InlineData("forward-auth/traefik/portal.yml")]
    [InlineData("gateway/caddy/Caddyfile")]
    [InlineData("gateway/nginx/portal.conf")]
    [InlineData("gateway/traefik/portal.yml")]
    public void The_sample_configurations_are_those_that_the_program_prints(string file)
    {
        var (forwardAuth, gateway) = ProxyConfigVerb.Writers[file.Split('/')[1]];
        var write = file.StartsWith("gateway/", StringComparison.Ordinal) ? gateway : forwardAuth;
        var domain = file == "forward-auth/caddy/Caddyfile" ? "{$PORTAL_DOMAIN}" : "abcdef.portal.example"; // Caddy fills it in
        var portal = PrintedConfiguration.Portal(domain, ("postcards", """{ "": { "access": "private" } }"""));
        var setup = PrintedConfiguration.Setup(
            [portal], "portal_edge:8080", "portal_edge:80", 443, new Dictionary<string, string> { ["postcards"] = "postcards:80" }, null);
        var path = Path.Combine(Root(), "deploy", file);

        var written = write(setup);
        if (Environment.GetEnvironmentVariable("REWRITE") is not null)
            File.WriteAllText(path, written);

        Assert.Equal(written, File.ReadAllText(path));
    }

    /// <summary>The programs that the proxy tests run are the ones that the configurations and the guide name.</summary>
    [Theory]
    [InlineData("caddy", "Caddy", CaddyConfig.MinimumVersion)]
    [InlineData("nginx", "nginx", NginxConfig.MinimumVersion)]
    public async Task The_installed_proxy_is_at_least_the_stated_version(string program, string name, string minimum)
    {
        var said = await ProxyProcess.Version(program);
        var installed = Version.Parse(Regex.Match(said, @"\d+\.\d+\.\d+").Value);
        Assert.True(installed >= Version.Parse(minimum), $"{program} {installed} is older than {minimum}.");
        Assert.Contains($"{name} {minimum}", await File.ReadAllTextAsync(Path.Combine(Root(), "docs/deploy.md"), TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
        Assert.Contains($"{name} {minimum}", Written(program), StringComparison.Ordinal);
    }

    [Fact]
    public void The_guide_names_the_version_of_Traefik_that_its_configuration_needs()
    {
        Assert.Contains($"Traefik {TraefikConfig.MinimumVersion}", File.ReadAllText(Path.Combine(Root(), "docs/deploy.md")), StringComparison.Ordinal);
        Assert.Contains($"Traefik {TraefikConfig.MinimumVersion}", Written("traefik"), StringComparison.Ordinal);
    }

    private static string Written(string program) =>
        File.ReadAllText(Directory.EnumerateFiles(Path.Combine(Root(), "deploy/forward-auth", program)).Single());

    internal static string Root()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "PeerRegistry.sln")))
            directory = Path.GetDirectoryName(directory)!;
        return directory;
    }
}
