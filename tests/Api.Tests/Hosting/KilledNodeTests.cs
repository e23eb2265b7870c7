using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Hosting;

/// <summary>
/// A registry is killed when a peer has been added and not been contacted yet, since silent peers hold every slot.
/// </summary>
public sealed class KilledNodeTests(TestPostgres postgres) : IAsyncLifetime
{
    private readonly TemporaryData data = new();
    private readonly TemporaryData otherData = new();
    private readonly ConcurrentDictionary<string, int> requests = new();
    private readonly PortalId[] silent = [Appear(), Appear()];
    private readonly PortalId last = Appear();
    private Neighbourhood zone = null!;
    private string database = "";

    public async ValueTask InitializeAsync()
    {
        zone = await Neighbourhood.Start(postgres);
        database = await postgres.CreateDatabase();
        foreach (var peer in silent)
            zone.Strangers[peer.Short.Value] = context => Count(peer, () => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted));
        zone.Strangers[last.Short.Value] = context =>
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Count(last, () => Task.CompletedTask);
        };
    }

    public async ValueTask DisposeAsync()
    {
        await zone.DisposeAsync();
        data.Dispose();
        otherData.Dispose();
    }

    [Fact]
    public async Task The_next_start_contacts_the_peer()
    {
        await using (var killed = await Start(data, cluster: false))
        {
            await AddPeers(killed);
            killed.KillNow();
        }

        await using var next = await Start(data, cluster: false);
        await Eventually.Holds(() => requests.ContainsKey(last.Short.Value), () => Task.FromResult(next.Errors), seconds: 60);
    }

    [Fact]
    public async Task Another_node_contacts_the_peer()
    {
        await using var killed = await Start(data, cluster: true);
        await using var other = await Start(otherData, cluster: true, ("Vault__MasterKeyFile", Path.Combine(data.Directory, "master.key")));
        await AddPeers(killed);
        killed.KillNow();
        await Eventually.Holds(() => requests.ContainsKey(last.Short.Value), () => Task.FromResult(other.Errors), seconds: 60);
    }

    private async Task AddPeers(RegistryProcess registry)
    {
        using var owner = Owner.Client(registry, await Owner.Pair(registry));
        foreach (var peer in silent)
            await Add(owner, peer);
        await Eventually.Holds(() => silent.All(peer => requests.ContainsKey(peer.Short.Value)), () => Task.FromResult(registry.Errors));
        await Add(owner, last);
        Assert.False(requests.ContainsKey(last.Short.Value));
    }

    private static async Task Add(HttpClient owner, PortalId peer)
    {
        using var answer = await owner.PutAsJsonAsync("/core/protected/peers", new { id = peer.Value });
        answer.EnsureSuccessStatusCode();
    }

    private Task<RegistryProcess> Start(TemporaryData directory, bool cluster, params (string Name, string Value)[] further) => RegistryProcess.Start(
        directory.Directory,
        [
            ("ConnectionStrings__Registry", database),
            ("Cluster__Enabled", cluster.ToString(CultureInfo.InvariantCulture)),
            ("Portal__Zone", Neighbourhood.Zone),
            ("Peering__Resolve__0", $"*.{Neighbourhood.Zone}={zone.Front}"),
            ("Peering__TrustedCertificates", zone.RootFile),
            ("Peering__ContactsAtOnce", "1"),
            ("Peering__ContactsPerPortal", "1"),
            ("Peering__ContactsForOwners", "1"),
            .. further,
        ]);

    private Task Count(PortalId peer, Func<Task> then)
    {
        requests.AddOrUpdate(peer.Short.Value, 1, (_, n) => n + 1);
        return then();
    }

    private static PortalId Appear()
    {
        using var stranger = Stranger.Appear();
        return stranger.Key.Id;
    }
}
