using System.Collections.Concurrent;
using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.ReadModels;
using PeerRegistry.Infrastructure.Store;
using PeerRegistry.Tests;

namespace PeerRegistry.Store.Contract;

/// <summary>A server of its own, since this one is killed.</summary>
public sealed class CrashTests : IAsyncLifetime
{
    private readonly TestPostgres postgres = new() { Durable = true };

    public ValueTask InitializeAsync() => postgres.InitializeAsync();

    public ValueTask DisposeAsync() => postgres.DisposeAsync();

    [Fact]
    public async Task What_was_acknowledged_survives_kill_9_of_PostgreSQL()
    {
        var (rounds, appends) = Given.Long ? (25, 100) : (2, 40);
        await using var node = await Node.Start(await postgres.CreateDatabase());
        var acknowledged = new ConcurrentDictionary<(PortalId, string), ConcurrentQueue<int>>();
        PortalId[] portals = [Given.Portal(), Given.Portal()];
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Given.Soon);
        var writers = Enumerable.Range(0, 4)
            .Select(writer => Task.Run(() => AppendUntil(node.Store, portals[writer % 2], $"tally-{writer / 2}", acknowledged, done.Token), Given.Soon))
            .ToList();

        for (var round = 1; round <= rounds; round++)
        {
            var before = acknowledged.Values.Sum(numbers => numbers.Count);
            await Given.Eventually(() => acknowledged.Values.Sum(numbers => numbers.Count) > before + appends, "appends go on");
            postgres.KillNow();
            await postgres.Start();
        }

        await done.CancelAsync();
        await Task.WhenAll(writers);
        Assert.Equal(4, acknowledged.Count);
        foreach (var ((portal, stream), numbers) in acknowledged)
        {
            var events = await node.Store.ReadStream(portal, stream, Given.Soon);
            Assert.Empty(numbers.Except(events.Numbers()));
            Assert.Equal(Enumerable.Range(1, events.Count).Select(v => (long)v), events.Select(e => e.Version));
        }

        var live = await node.Database.Scalar<string>("select string_agg(t::text, ' ' order by portal_id, key) from registry.tally_list t");
        await node.Get<ReadModelRebuild>().Build(node.Get<IReadOnlyList<ReadModel>>().Single(model => model.Table == "tally_list"), Given.Soon);
        Assert.Equal(live, await node.Database.Scalar<string>("select string_agg(t::text, ' ' order by portal_id, key) from registry.tally_list t"));
    }

    /// <summary>
    /// Every event has a number of its own, so that what was lost cannot be made up for by what came after. After a failure it is
    /// open whether the event was written, so the writer looks.
    /// </summary>
    private static async Task AppendUntil(
        TestStore store, PortalId portal, string stream, ConcurrentDictionary<(PortalId, string), ConcurrentQueue<int>> acknowledged, CancellationToken done)
    {
        var version = 0L;
        var mine = acknowledged.GetOrAdd((portal, stream), _ => new());
        for (var number = 1; !done.IsCancellationRequested; number++)
        {
            try
            {
                version = (await store.Append(Given.Counts(portal, stream, version, number), CancellationToken.None))[0];
                mine.Enqueue(number);
            }
            catch (Exception e) when (e is NpgsqlException or StaleVersionException)
            {
                version = await VersionOf(store, portal, stream) ?? version;
            }
        }
    }

    private static async Task<long?> VersionOf(TestStore store, PortalId portal, string stream)
    {
        try
        {
            return (await store.ReadStream(portal, stream, CancellationToken.None)).Count;
        }
        catch (NpgsqlException)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
            return null;
        }
    }
}
