using System.Text;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.ForwardAuth.ProxyConfig;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.ForwardAuth;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Apps;

/// <summary>Where proxies send what an app may have, and that no app is given what belongs to another or to the core.</summary>
public sealed class UpstreamTests(TestPostgres postgres)
{
    [Fact]
    public async Task A_container_belongs_to_one_app_of_all_Portals_here()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        await using var process = await zone.Move("Ada");
        await process.Send(new CreatePortal(KeyKind.Ed25519, Neighbourhood.Zone, "Bea"));
        var bea = process.Services.GetRequiredService<IPortalSnapshots>().All.Single(portal => portal.Portal.Id != process.Id).Portal.Id;
        await Register(process, process.Id, "notes", "notes_web", 80);
        using var owner = await process.Owner();

        var refused = await owner.Put("/core/protected/apps/spy", Description("spy", "notes_web", 80));
        Assert.Equal((409, "container_taken"), ((int)refused.Status, refused.Code));
        Assert.Equal("container_taken", (await owner.Put("/core/protected/apps/spy", Description("spy", "Notes_Web", 9090))).Code);
        Assert.Equal("container_taken", (await Assert.ThrowsAsync<RefusedException>(() => Register(process, bea, "notes", "notes_web", 80))).Code);
        Assert.Equal("app_unknown", (await owner.Get("/core/protected/apps/spy")).Code);

        await Register(process, process.Id, "notes", "notes_web", 8080); // its own container stays its own
        await process.Send(new RemoveApp(process.Id, "notes"));
        await Register(process, bea, "notes", "notes_web", 80);
    }

    [Theory]
    [InlineData("registry")]
    [InlineData("gate")]
    [InlineData("db1")]
    public void A_name_by_which_the_core_or_its_database_is_reached_is_refused(string own)
    {
        var options = new RegistryOptions
        {
            ConnectionStrings = new() { Registry = "Host=db1;Username=x" },
            Proxy = new() { Edge = "registry:8080", Internal = "gate:80" },
        };
        var (portal, upstreams) = (PortalId.Of("some"), new AppUpstreams([], PortalId.Of("some"), options));

        var refused = Assert.Throws<RefusedException>(() => upstreams.Check(new(portal, "notes"), Meta("notes", own)));
        Assert.Equal("app_meta_invalid", refused.Code);
        upstreams.Check(new(portal, "notes"), Meta("notes", "notes"));
    }

    [Fact]
    public async Task An_upstream_of_the_operator_overrides_the_description_and_reserves_its_host()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        await using var process = await zone.Move("Ada");
        await process.Send(new CreatePortal(KeyKind.Ed25519, Neighbourhood.Zone, "Bea"));
        var bea = process.Services.GetRequiredService<IPortalSnapshots>().All.Single(portal => portal.Portal.Id != process.Id).Portal.Id;
        foreach (var portal in new[] { process.Id, bea })
            await process.Send(new RegisterApp(portal, "notes", Encoding.UTF8.GetBytes("""{"v":"1.0","name":"notes","paths":{"":{"access":"public"}}}""")));
        await Register(process, process.Id, "music", "player", 4533);
        await Register(process, process.Id, "spy", "player2", 80);

        var setup = Setup(process, ("notes", "127.0.0.1:3000"), ("music", "player2:4533"));
        Assert.Equal(["music=player2:4533", "notes=127.0.0.1:3000"], Served(setup, process.Id));
        Assert.Equal(["notes=notes:80"], Served(setup, bea)); // another Portal's app of the same name is not the one that is meant
        Assert.StartsWith($"spy.{process.Domain}: another app has the container player2", Assert.Single(setup.LeftOut), StringComparison.Ordinal);

        Assert.Equal(["notes=127.0.0.1:3001"], Served(Setup(process, ($"notes.{bea.Short}", "127.0.0.1:3001")), bea));
    }

    /// <summary>As two registrations at the same instant, or an earlier release, may have left it.</summary>
    [Fact]
    public async Task Of_apps_that_share_a_container_or_name_an_address_none_is_served()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        await using var process = await zone.Move("Ada");
        var snapshot = process.Snapshot with
        {
            Apps = process.Snapshot.Apps
                .Add("notes", Row("notes", "web")).Add("spy", Row("spy", "WEB")).Add("old", Row("old", "127.0.0.1")).Add("good", Row("good", "good"))
                .Add("localhost", new App(new AppMeta("localhost", "x", []), Visibility.None, default)),
        };

        var setup = ProxySetup.Of([snapshot], snapshot.Portal.Id, new RegistryOptions(), new PrintedConfiguration.Placeholders());

        Assert.Equal(["good=good:80"], Served(setup, process.Id));
        Assert.Equal(["localhost", "notes", "old", "spy"], setup.LeftOut.Select(left => left.Split('.')[0]).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("notes", "127.0.0.1:8081", "must not be a listener of the registry")]
    [InlineData("notes", "localhost:8080", "must not be a listener of the registry")]
    [InlineData("notes", "[::1]:8081", "must not be a listener of the registry")]
    [InlineData("notes", "127.0.0.1", "must be host:port")]
    [InlineData("notes", "127.0.0.1:0", "must be host:port")]
    [InlineData("No tes", "127.0.0.1:3000", "must be named like an app")]
    public void A_wrong_upstream_stops_the_start(string app, string upstream, string fault)
    {
        var options = new RegistryOptions { Apps = new() { Upstreams = new Dictionary<string, string> { [app] = upstream } } };

        Assert.Contains(fault, Assert.Single(new RegistryOptionsValidator().Validate(options).Errors).ErrorMessage, StringComparison.Ordinal);
    }

    private static ProxySetup Setup(LivePortal process, params (string App, string Address)[] upstreams) => ProxySetup.Of(
        process.Services.GetRequiredService<IPortalSnapshots>().All, process.Id,
        new RegistryOptions { Apps = new() { Upstreams = upstreams.ToDictionary(set => set.App, set => set.Address) } },
        new PrintedConfiguration.Placeholders());

    private static IEnumerable<string> Served(ProxySetup setup, PortalId portal) =>
        setup.Portals.Single(proxied => proxied.Domain.StartsWith(portal.Short.Value, StringComparison.Ordinal))
            .Apps.Select(app => $"{app.Name}={app.Upstream}");

    private static App Row(string name, string container) => new(Meta(name, container), Visibility.None, default);

    private static AppMeta Meta(string name, string container) => new(name, name, []) { Entrypoints = [new Entrypoint(container, 80, "http")] };

    private static Task<RegisteredApp> Register(LivePortal process, PortalId portal, string app, string container, int port) =>
        process.Send(new RegisterApp(portal, app, Encoding.UTF8.GetBytes(Description(app, container, port))));

    private static string Description(string app, string container, int port) =>
        """{"v":"1.0","name":"APP","entrypoints":[{"container_name":"CONTAINER","container_port":PORT,"entrypoint_port":"http"}],"paths":{"":{"access":"public"}}}"""
            .Replace("APP", app, StringComparison.Ordinal).Replace("CONTAINER", container, StringComparison.Ordinal)
            .Replace("PORT", $"{port}", StringComparison.Ordinal);
}
