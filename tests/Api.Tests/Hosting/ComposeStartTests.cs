using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using PeerRegistry.Api.Tests.ForwardAuth;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Hosting;

/// <summary>
/// docker-compose.yml starts as it is written. No container engine runs here, so its parts are started with exactly the environment that it gives them.
/// </summary>
public sealed partial class ComposeStartTests(TestPostgres postgres) : IDisposable
{
    /// <summary>All that an operator writes, with a password of the kind that people make.</summary>
    private static readonly Dictionary<string, string> Env = new() { ["PORTAL_ZONE"] = "example.org", ["POSTGRES_PASSWORD"] = "a;b'c\"d=e f" };

    private readonly TemporaryData data = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => data.Dispose();

    [Theory]
    [InlineData("adapt")]
    [InlineData("validate")]
    public async Task Caddy_takes_the_committed_configuration_with_nothing_but_what_compose_gives_it(string verb)
    {
        var (code, said) = await Caddy(verb, "deploy/gateway/caddy/Caddyfile", Compose.Environment("caddy", Env));
        Assert.True(code == 0, said);
        Assert.DoesNotContain("{$", await File.ReadAllTextAsync(Path.Combine(DeployTests.Root(), "deploy/gateway/caddy/Caddyfile"), Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_configuration_of_Caddy_that_asks_the_core_needs_the_domain_and_nothing_else()
    {
        var (code, said) = await Caddy(
            "validate", "deploy/forward-auth/caddy/Caddyfile", new Dictionary<string, string> { ["PORTAL_DOMAIN"] = "abcdef.example.org" });
        Assert.True(code == 0, said);
    }

    [Fact]
    public async Task The_registry_starts_and_prints_a_link_that_opens_from_outside()
    {
        var settings = Compose.ImageEnvironment().Concat(Compose.Environment("registry", Env)).ToDictionary();
        Assert.Equal(("Host=postgres;Username=registry;Database=registry", Env["POSTGRES_PASSWORD"]), (settings["ConnectionStrings__Registry"], settings["PGPASSWORD"]));
        settings["ConnectionStrings__Registry"] = await postgres.CreateDatabase(); // there is no machine named postgres
        settings["Data__Directory"] = data.Directory;
        foreach (var listener in new[] { "Listen__Edge", "Listen__Internal" })
            settings[listener] = Regex.Replace(settings[listener], @":\d+$", ":0"); // another test may have the port
        await using var registry = await RegistryProcess.Start(data.Directory, [.. settings.Select(each => (each.Key, each.Value))]);

        var link = new Uri(registry.Said.Single(line => line.StartsWith("PAIR ", StringComparison.Ordinal))[5..]);
        Assert.Equal($"https://{registry.Portal[..6]}.example.org/pair", link.GetLeftPart(UriPartial.Path));
        using var proxy = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{new Uri(registry.Edge).Port}") };
        proxy.DefaultRequestHeaders.Host = link.Host;
        using var page = await proxy.GetAsync(link.PathAndQuery, Stop);
        using var paired = await proxy.PostAsJsonAsync($"/core/public/pair/terminal{link.Query}", new { name = "Phone" }, Stop);
        Assert.True(page.IsSuccessStatusCode && paired.IsSuccessStatusCode);
    }

    /// <summary>A step such as <c>… &gt; FILE</c> must not write over what Git keeps, or the next update would not apply.</summary>
    [Fact]
    public async Task No_documented_step_changes_a_tracked_file()
    {
        var root = DeployTests.Root();
        using var git = Process.Start(new ProcessStartInfo("git", ["-C", root, "ls-files"]) { RedirectStandardOutput = true })!;
        var tracked = (await git.StandardOutput.ReadToEndAsync(Stop)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await git.WaitForExitAsync(Stop);
        Assert.SkipWhen(git.ExitCode != 0, "no Git here");
        var steps = tracked.Where(file => file == "README.md" || file == "docker-compose.yml" || file.StartsWith("docs/", StringComparison.Ordinal)
            || file.StartsWith("deploy/", StringComparison.Ordinal)).Where(file => !file.EndsWith(".png", StringComparison.Ordinal)).ToList();
        var written = steps.SelectMany(file => WritesTo().Matches(File.ReadAllText(Path.Combine(root, file))).Select(step => step.Groups[1].Value)).ToHashSet();
        Assert.NotEmpty(written);
        Assert.Empty(written.Intersect(tracked));
    }

    private static async Task<(int Code, string Said)> Caddy(string verb, string file, IReadOnlyDictionary<string, string> environment)
    {
        var home = Directory.CreateTempSubdirectory("caddy-").FullName;
        var start = new ProcessStartInfo("/usr/bin/caddy", [verb, "--config", Path.Combine(DeployTests.Root(), file), "--adapter", "caddyfile"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment.Clear();
        start.Environment["HOME"] = home;
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var caddy = Process.Start(start)!;
        var said = await Task.WhenAll(caddy.StandardOutput.ReadToEndAsync(Stop), caddy.StandardError.ReadToEndAsync(Stop));
        await caddy.WaitForExitAsync(Stop);
        Directory.Delete(home, recursive: true);
        return (caddy.ExitCode, string.Concat(said));
    }

    [GeneratedRegex(@"(?:proxy-config|docker compose)[^\n`|]*? > ([\w./-]+)")]
    private static partial Regex WritesTo();
}
