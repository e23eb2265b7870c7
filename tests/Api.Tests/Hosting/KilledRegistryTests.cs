using System.Net.Http.Json;
using System.Text.Json;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Hosting;

/// <summary>What was acknowledged is there, however the registry ended.</summary>
public sealed class KilledRegistryTests : IDisposable
{
    private readonly TemporaryData data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Killed_while_peers_are_added_it_has_every_acknowledged_one()
    {
        string? token = null;
        string? portal = null;
        int? server = null;
        var acknowledged = new HashSet<string>();
        for (var kill = 0; kill < (Environment.GetEnvironmentVariable("PEERREGISTRY_LONG") == "1" ? 5 : 3); kill++)
        {
            await using var registry = await RegistryProcess.Start(data.Directory);
            token ??= await Owner.Pair(registry);
            Assert.Equal(portal ??= registry.Portal, registry.Portal);
            Assert.Equal(server ??= data.Processes.Single(), data.Processes.Single()); // adopted, not started beside it
            Assert.Equal(kill == 0, registry.Said.Exists(line => line.StartsWith("PAIR ", StringComparison.Ordinal)));

            var before = acknowledged.Count;
            using var owner = Owner.Client(registry, token);
            Assert.Superset(acknowledged, await Listed(owner));
            await Task.WhenAll(
                Task.WhenAll(Enumerable.Range(kill * 4, 4).Select(writer => AddUntilKilled(owner, writer, acknowledged))),
                KillAfter(registry, acknowledged, before + 50));
            Assert.NotEmpty(data.Processes);
        }

        await using var last = await RegistryProcess.Start(data.Directory);
        using (var owner = Owner.Client(last, token!))
            Assert.Superset(acknowledged, await Listed(owner));
        await last.Stop();
        Assert.Empty(data.Processes);
    }

    private static async Task AddUntilKilled(HttpClient owner, int writer, HashSet<string> acknowledged)
    {
        for (var i = 0; ; i++)
        {
            var id = HumanEncoding.Encode(BitConverter.GetBytes(((writer + 1) << 20) + i))[..6];
            try
            {
                using var answer = await owner.PutAsJsonAsync("/core/protected/peers", new { id });
                answer.EnsureSuccessStatusCode();
            }
            catch (HttpRequestException e) when (e.StatusCode is null)
            {
                return;
            }

            lock (acknowledged)
                acknowledged.Add(id);
        }
    }

    private static async Task KillAfter(RegistryProcess registry, HashSet<string> acknowledged, int count)
    {
        while (true)
        {
            lock (acknowledged)
            {
                if (acknowledged.Count >= count)
                    break;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        registry.KillNow();
    }

    private static async Task<HashSet<string>> Listed(HttpClient owner)
    {
        var found = new HashSet<string>();
        for (var url = "/core/protected/peers"; url is not null;)
        {
            using var answer = await owner.GetAsync(url);
            answer.EnsureSuccessStatusCode();
            found.UnionWith((await answer.Content.ReadFromJsonAsync<JsonElement[]>())!.Select(peer => peer.GetProperty("short_id").GetString()!));
            url = answer.Headers.TryGetValues("Link", out var next) ? next.Single().Split('<', '>')[1] : null;
        }

        return found;
    }
}
