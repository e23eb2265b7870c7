using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.ReadModels;
using PeerRegistry.Infrastructure.Sessions;
using PeerRegistry.Infrastructure.Snapshots;
using PeerRegistry.Infrastructure.Store;
using PeerRegistry.Tests;

[assembly: AssemblyFixture(typeof(TestPostgres))]

namespace PeerRegistry.Store.Contract;

public abstract record TallyEvent : DomainEvent;

[WireName("tally_counted")]
public sealed record Counted(int By) : TallyEvent;

[WireName("tally_cleared")]
public sealed record Cleared : TallyEvent;

/// <param name="Last">Of the last event, so that a rebuild that made up its times would show.</param>
public sealed record Tally(int Sum, int Events, DateTimeOffset Last) : IAggregate<Tally, TallyEvent>
{
    public static Tally? Evolve(Tally? tally, TallyEvent happened, DateTimeOffset at) => happened switch
    {
        Counted counted => new((tally?.Sum ?? 0) + counted.By, (tally?.Events ?? 0) + 1, at),
        Cleared => null,
        _ => tally,
    };
}

/// <summary>Folds streams tally-…; shown nowhere.</summary>
internal sealed class TallyProjection() : Projection<Tally, TallyEvent>("tally_list/1", "tally-")
{
    protected override PortalSnapshot Show(PortalSnapshot snapshot, string key, Tally? row) => snapshot;
}

/// <summary>One process of the registry as far as the store goes; several on one database are several nodes.</summary>
internal sealed class Node : IAsyncDisposable
{
    private readonly ServiceProvider services;

    private Node(ServiceProvider services) => this.services = services;

    public TestStore Store => new(services);

    public PortalSnapshots Snapshots => services.GetRequiredService<PortalSnapshots>();

    public NpgsqlDataSource Database => services.GetRequiredService<NpgsqlDataSource>();

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    public static async Task<Node> Start(string connectionString, Action<IServiceCollection>? change = null)
    {
        var node = Unstarted(connectionString, change);
        foreach (var hosted in node.services.GetServices<IHostedService>())
            await hosted.StartAsync(CancellationToken.None);
        return node;
    }

    /// <summary>Neither migrates nor listens.</summary>
    public static Node Unstarted(string connectionString, Action<IServiceCollection>? change = null)
    {
        var services = new ServiceCollection()
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning))
            .AddSingleton(new EventSerializer(typeof(DomainEvent).Assembly, typeof(Counted).Assembly))
            .AddRegistryStore(_ => connectionString)
            .AddProjection<TallyProjection>();
        change?.Invoke(services);
        return new Node(services.BuildServiceProvider());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var hosted in services.GetServices<IHostedService>())
            await hosted.StopAsync(CancellationToken.None);
        await services.DisposeAsync();
    }
}

internal static class Given
{
    public static CancellationToken Soon => TestContext.Current.CancellationToken;

    /// <summary>./test --long: the same races with more of everything.</summary>
    public static bool Long => Environment.GetEnvironmentVariable("PEERREGISTRY_LONG") == "1";

    public static PortalId Portal() => Key().Id;

    public static PublicKey Key() => PublicKey.Ed25519(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));

    public static Changes Counts(PortalId portal, string stream, long expected, params int[] by) =>
        new(portal, Actor.System, [new StreamChange(stream, expected, [.. by.Select(n => new Counted(n))])]);

    public static IEnumerable<int> Numbers(this IEnumerable<Recorded> events) => events.Select(e => ((Counted)e.Data).By);

    public static async Task<List<Recorded>> Take(this TestStore store, long after, int count)
    {
        using var atMost = CancellationTokenSource.CreateLinkedTokenSource(Soon);
        atMost.CancelAfter(TimeSpan.FromSeconds(60));
        var taken = new List<Recorded>();
        await foreach (var e in store.Subscribe(after, atMost.Token))
        {
            taken.Add(e);
            if (taken.Count == count)
                break;
        }

        return taken;
    }

    public static Task Eventually(Func<bool> condition, string what) => Eventually(() => Task.FromResult(condition()), what);

    public static async Task Eventually(Func<Task<bool>> condition, string what)
    {
        for (var attempt = 0; attempt < 3000; attempt++)
        {
            if (await condition())
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Soon);
        }

        Assert.Fail($"Never: {what}");
    }

    public static async Task<T?> Scalar<T>(this NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Soon) is T value ? value : default;
    }
}
