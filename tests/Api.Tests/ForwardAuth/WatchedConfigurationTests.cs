using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Cli;
using PeerRegistry.Api.ForwardAuth.ProxyConfig;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Hosting;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary><c>proxy-config … --watch</c>: a proxy that asks the core serves an app as soon as it is registered, and no longer when it is removed.</summary>
public sealed class WatchedConfigurationTests(TestPostgres postgres) : IDisposable
{
    private readonly TemporaryData data = new();
    private readonly StringWriter said = new();
    private readonly MovableTime clock = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        data.Dispose();
        said.Dispose();
    }

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    public async Task A_running_proxy_follows_the_apps_and_keeps_its_configuration_when_the_new_one_is_not_valid(string program)
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var ada = await zone.Move("Ada");
        using var certificate = new TestCertificate(null, $"*.{ada.Domain}", ada.Domain);
        var (port, admin, file) = (ProxyProcess.FreePort(), ProxyProcess.FreePort(), Path.Combine(data.Directory, "portal.conf"));
        string Text()
        {
            var all = ada.Services.GetRequiredService<IPortalSnapshots>().All;
            var setup = PrintedConfiguration.Setup(all, ada.Edge.Authority, ada.Internal.Authority, port, new Dictionary<string, string>(), certificate);
            return program == "nginx" ? NginxConfig.Write(setup)
                : CaddyConfig.Write(setup).Replace("\thttps_port", $"\tadmin localhost:{admin}\n\thttps_port", StringComparison.Ordinal);
        }

        var (start, check, reload) = Commands(program, file, admin);
        var watched = new WatchedFile(file, check, null, said, clock);
        await watched.Take(Text(), Stop);
        using var proxy = Start(start);
        try
        {
            watched = new WatchedFile(file, check, reload, said, clock);
            await ProxyProcess.UntilAnswers(program, proxy, port, Task.FromResult(""));
            using var client = ProxyProcess.Client(port);
            Assert.Equal(System.Net.HttpStatusCode.OK, (await client.Get($"https://{ada.Domain}/core/public/meta/whoareyou")).Status);
            Assert.NotEqual("not_authenticated", await CodeOf(client, ada));

            await ada.Send(new RegisterApp(ada.Id, "notes", """{"v":"1.0","name":"notes","paths":{"":{"access":"private"}}}"""u8.ToArray()));
            await watched.Take(Text(), Stop);
            await Eventually.Holds(async () => await CodeOf(client, ada) == "not_authenticated");
            var inForce = await File.ReadAllTextAsync(file, Stop);

            await watched.Take(Text() + "\nnonsense {", Stop);
            Assert.Contains("so " + file + " is as it was", said.ToString(), StringComparison.Ordinal);
            Assert.Equal(inForce, await File.ReadAllTextAsync(file, Stop));
            Assert.Equal("not_authenticated", await CodeOf(client, ada));

            await ada.Send(new RemoveApp(ada.Id, "notes"));
            await watched.Take(Text(), Stop);
            await Eventually.Holds(async () => await CodeOf(client, ada) != "not_authenticated");
        }
        finally
        {
            proxy.Kill(entireProcessTree: true);
            await proxy.WaitForExitAsync(Stop);
        }
    }

    [Fact]
    public async Task Nothing_is_written_or_run_when_nothing_has_changed()
    {
        var (file, runs) = (Path.Combine(data.Directory, "conf"), Path.Combine(data.Directory, "runs"));
        var watched = new WatchedFile(file, $"echo check >> {runs}", $"echo reload >> {runs}", said, clock);
        await watched.Take("one", Stop);
        var written = File.GetLastWriteTimeUtc(file);
        for (var look = 0; look < 3; look++)
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            await watched.Take("one", Stop);
        }

        await new WatchedFile(file, $"echo check >> {runs}", $"echo reload >> {runs}", said, clock).Take("one", Stop); // started again
        Assert.Equal(["check", "reload"], await File.ReadAllLinesAsync(runs, Stop));
        Assert.Equal(written, File.GetLastWriteTimeUtc(file));
    }

    [Fact]
    public async Task A_new_file_is_for_its_owner_only_and_a_replaced_one_keeps_its_mode_and_its_link()
    {
        var (file, link) = (Path.Combine(data.Directory, "conf"), Path.Combine(data.Directory, "link"));
        await new WatchedFile(file, null, null, said, clock).Take("one", Stop);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        File.CreateSymbolicLink(link, file);
        await new WatchedFile(link, null, null, said, clock).Take("two", Stop);
        Assert.Equal("two", await File.ReadAllTextAsync(file, Stop));
        Assert.NotNull(new FileInfo(link).LinkTarget);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(file));
        Assert.DoesNotContain(Directory.EnumerateFiles(data.Directory), each => each.EndsWith(".new", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_reload_that_failed_is_tried_again_after_a_pause()
    {
        var (file, ready) = (Path.Combine(data.Directory, "conf"), Path.Combine(data.Directory, "ready"));
        var watched = new WatchedFile(file, null, $"test -f {ready}", said, clock);
        await watched.Take("one", Stop);
        Assert.Contains("has not read", said.ToString(), StringComparison.Ordinal);
        await File.WriteAllTextAsync(ready, "", Stop);
        await watched.Take("one", Stop);
        Assert.DoesNotContain("has read it", said.ToString(), StringComparison.Ordinal);
        clock.Advance(TimeSpan.FromSeconds(10));
        await watched.Take("one", Stop);
        Assert.Contains("has read it", said.ToString(), StringComparison.Ordinal);
    }

    /// <summary>The real command, beside the real registry, with the database away in between.</summary>
    [Fact]
    public async Task The_command_writes_when_apps_change_and_survives_a_database_that_is_away()
    {
        var database = await postgres.CreateDatabase();
        await using var relay = new DatabaseRelay(new Npgsql.NpgsqlConnectionStringBuilder(database).Host!);
        var through = new Npgsql.NpgsqlConnectionStringBuilder(database) { Host = "127.0.0.1", Port = relay.Port }.ConnectionString;
        await using var registry = await RegistryProcess.Start(data.Directory, ("ConnectionStrings__Registry", database));
        using var owner = Owner.Client(registry, await Owner.Pair(registry));
        var file = Path.Combine(data.Directory, "portal.yml");
        await using var watch = RegistryProcess.Command(
            data.Directory, ["proxy-config", "traefik", "--watch", file], ("ConnectionStrings__Registry", through));
        await Eventually.Holds(
            () => File.Exists(file) && File.ReadAllText(file).Contains(registry.Portal[..6], StringComparison.Ordinal),
            () => Task.FromResult(watch.Errors),
            60);

        await Register(owner, "first");
        await Eventually.Holds(() => File.ReadAllText(file).Contains("first", StringComparison.Ordinal), () => Task.FromResult(watch.Errors));
        relay.Cut();
        await Register(owner, "second");
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, Stop);
        Assert.DoesNotContain("second", await File.ReadAllTextAsync(file, Stop), StringComparison.Ordinal);
        relay.Restore();
        await Eventually.Holds(() => File.ReadAllText(file).Contains("second", StringComparison.Ordinal), () => Task.FromResult(watch.Errors));
        Assert.Contains($"Wrote {file}.", watch.Errors, StringComparison.Ordinal);
        Assert.Equal(0, (await watch.Stop()).Code);
    }

    private static async Task Register(HttpClient owner, string app)
    {
        using var description = new StringContent($$$$"""{"v":"1.0","name":"{{{{app}}}}","paths":{"":{"access":"private"}}}""", Encoding.UTF8, "application/json");
        using var answer = await owner.PutAsync($"/core/protected/apps/{app}", description, Stop);
        answer.EnsureSuccessStatusCode();
    }

    /// <returns>The code of the refusal, or what else became of the request.</returns>
    private static async Task<string?> CodeOf(HttpClient client, LivePortal portal)
    {
        try
        {
            var said = await client.Get($"https://notes.{portal.Domain}/");
            return said.Header("Content-Type") == "application/problem+json" ? said.Code : said.Status.ToString();
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static (ProcessStartInfo Start, string Check, string Reload) Commands(string program, string file, int admin)
    {
        if (program == "caddy")
        {
            return (new ProcessStartInfo("caddy", ["run", "--adapter", "caddyfile", "--config", file]),
                "caddy validate --adapter caddyfile --config \"$FILE\"",
                $"caddy reload --address localhost:{admin} --adapter caddyfile --config \"$FILE\"");
        }

        var (directory, main) = (Path.GetDirectoryName(file)!, Path.Combine(Path.GetDirectoryName(file)!, "nginx.conf"));
        File.WriteAllText(main, $$"""
            {{(Environment.UserName == "root" ? "user root;" : "")}}
            daemon off;
            pid {{directory}}/nginx.pid;
            error_log {{directory}}/error.log;
            events { }
            http {
                access_log off;
                client_body_temp_path {{directory}}/body;
                proxy_temp_path {{directory}}/proxy;
                fastcgi_temp_path {{directory}}/fastcgi;
                uwsgi_temp_path {{directory}}/uwsgi;
                scgi_temp_path {{directory}}/scgi;
                include {{file}};
            }
            """);
        var nginx = $"/usr/sbin/nginx -p {directory} -e {directory}/error.log -c {main}";
        return (new ProcessStartInfo("/bin/sh", ["-c", $"exec {nginx}"]), $"{nginx} -t", $"{nginx} -s reload");
    }

    private Process Start(ProcessStartInfo start)
    {
        foreach (var name in new[] { "HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME" })
            start.Environment[name] = data.Directory;
        return Process.Start(start)!;
    }
}
