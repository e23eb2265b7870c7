using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Hosting;

/// <summary>The first page that an owner sees tells whether other Portals can reach this one, and what to do if not.</summary>
public sealed class HomeTests(TestPostgres postgres) : IDisposable
{
    private readonly TemporaryData data = new();

    public void Dispose() => data.Dispose();

    [Theory]
    [InlineData("Portal__Name", "Ada", true)]
    [InlineData("Portal__Zone", "portal.example", false)]
    [InlineData("Peering__Resolve__0", "*.portal.localhost=127.0.0.1:8443", false)]
    public async Task Home_explains_how_to_be_reachable_while_nobody_can_reach_it(string setting, string value, bool isAlone)
    {
        await using var registry =
            await RegistryProcess.Start(data.Directory, ("ConnectionStrings__Registry", await postgres.CreateDatabase()), (setting, value));
        using var owner = Owner.Client(registry, await Owner.Pair(registry));
        var page = await owner.GetStringAsync("/home");
        foreach (var words in new[] { "Other Portals cannot reach this one yet", "only over TLS", "./run proxy-config caddy --gateway", "Portal__Zone=", $"*.<bdi>{registry.Portal[..6]}</bdi>.portal.example" })
            Assert.Equal(isAlone, page.Contains(words, StringComparison.Ordinal));
    }
}
