using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Sessions;
using PeerRegistry.Infrastructure.Store;
using PeerRegistry.Infrastructure.ReadModels;
using PeerRegistry.Tests;

namespace PeerRegistry.Bench;

/// <summary>
/// Appends of one small event (peer_renamed) with its row of peer_list, against a session of Marten that writes the same; rebuild of
/// peer_list, against reading the same events to the end. PostgreSQL is a new cluster with its default settings, on the same cores.
/// </summary>
internal sealed class StoreBench : IBenchmark
{
    private const int Streams = 64;

    private static readonly PortalId Portal = Key().Id;

    public string Name => "store";

    public async Task<bool> Run(IReadOnlyList<string> args)
    {
        await using var postgres = new ThrowawayPostgres { Durable = true };
        await postgres.InitializeAsync();
        await using var services = await Start(await postgres.CreateDatabase());
        var good = true;
        foreach (var (writers, appends) in new[] { (1, 2000), (8, 8000) })
        {
            var bare = await Writers(ByMarten(services), writers);
            var store = await Writers(ByStore(services), writers);
            good &= await Rounds.Compare(
                $"append, {writers} writer{(writers == 1 ? "" : "s")}", () => Rate(bare, appends), () => Rate(store, appends), 0.95);
        }

        return await Rebuild(await postgres.CreateDatabase()) && good;
    }

    /// <summary>20 events each: added, pinned, confirmed, then renamed; spread over the sequence as time would.</summary>
    private static async Task<bool> Rebuild(string database)
    {
        const int peers = 10_000, events = 200_000;
        await using var services = await Start(database);
        await Fill(services.GetRequiredService<NpgsqlDataSource>(), peers, events);
        var rebuild = services.GetRequiredService<ReadModelRebuild>();
        var model = PeerList(services);
        return await Rounds.Compare(
            "rebuild of 200,000 events in 10,000 streams",
            async () => events / await Seconds(() => ReadAll(services.GetRequiredService<NpgsqlDataSource>(), events)),
            async () => events / await Seconds(() => rebuild.Build(model, CancellationToken.None)),
            0.4);
    }

    private static async Task<ServiceProvider> Start(string database)
    {
        var services = new ServiceCollection()
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning))
            .AddRegistryStore(_ => database)
            .AddProjection<PeerListProjection>()
            .BuildServiceProvider();
        foreach (var hosted in services.GetServices<IHostedService>())
            await hosted.StartAsync(CancellationToken.None);
        return services;
    }

    private static async Task<double> Rate(IReadOnlyList<Writer> writers, int appends) => appends / await Seconds(() => Task.WhenAll(
        writers.Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < appends / writers.Count; i++)
                await writer.Rename(i % Streams);
        }))));

    private static async Task<double> Seconds(Func<Task> work)
    {
        var started = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task<IReadOnlyList<Writer>> Writers(Append append, int count)
    {
        var writers = Enumerable.Range(0, count).Select(_ => new Writer(append)).ToList();
        foreach (var writer in writers)
            await writer.Begin();
        return writers;
    }

    private static ReadModel PeerList(ServiceProvider services) =>
        services.GetRequiredService<IReadOnlyList<ReadModel>>().Single(model => model.Table == "peer_list");

    private static PublicKey Key() => PublicKey.Ed25519(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));

    private static PeerAdded Added(PortalId peer) =>
        new(peer, TypedPortalId.Of(peer), null, null, $"{peer.Short}.example.org", PeerVerification.FullId);

    private static async Task ReadAll(NpgsqlDataSource database, int expected)
    {
        await using var command = database.CreateCommand(
            $"select seq_id, {EventRows.Columns} from registry.mt_events where starts_with(stream_id, 'peer-') order by seq_id");
        await using var reader = await command.ExecuteReaderAsync();
        var read = 0;
        while (await reader.ReadAsync())
            read++;
        if (read != expected)
            throw new InvalidOperationException($"{read} events read.");
    }

    private static async Task Fill(NpgsqlDataSource database, int peers, int events)
    {
        var keys = Enumerable.Range(0, 2 * peers).Select(_ => Key()).DistinctBy(key => key.Id.Short).Take(peers).ToList();
        await using var connection = await database.OpenConnectionAsync();
        await using (var streams = await connection.BeginBinaryImportAsync("copy registry.mt_streams (tenant_id, id, version) from stdin (format binary)"))
        {
            foreach (var key in keys)
                await streams.WriteRowAsync(default, Portal.Value, $"peer-{key.Id.Short}", (long)(events / peers));
            await streams.CompleteAsync();
        }

        await using var copy = await connection.BeginBinaryImportAsync(
            """
            copy registry.mt_events (seq_id, id, stream_id, version, data, type, timestamp, tenant_id, mt_dotnet_type, correlation_id, headers)
            from stdin (format binary)
            """);
        for (var i = 0; i < events; i++)
        {
            var key = keys[i % peers];
            DomainEvent e = (i / peers) switch
            {
                0 => Added(key.Id),
                1 => new PeerKeyPinned(key.Id, key, "Somebody", PeerVerification.FullId, true),
                2 => new PeeringConfirmed(key.Id),
                var n => new PeerRenamed(key.Id, $"name {n}"),
            };
            await copy.StartRowAsync();
            await copy.WriteAsync((long)i + 1, NpgsqlDbType.Bigint);
            await copy.WriteAsync(Guid.CreateVersion7(), NpgsqlDbType.Uuid);
            await copy.WriteAsync($"peer-{key.Id.Short}", NpgsqlDbType.Text);
            await copy.WriteAsync((long)(i / peers) + 1, NpgsqlDbType.Bigint);
            await copy.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(e, e.GetType(), RegistryJson.Options), NpgsqlDbType.Jsonb);
            await copy.WriteAsync(e.GetType().GetCustomAttribute<WireNameAttribute>()!.Name, NpgsqlDbType.Text);
            await copy.WriteAsync(DateTime.UnixEpoch.AddSeconds(i), NpgsqlDbType.TimestampTz);
            await copy.WriteAsync(Portal.Value, NpgsqlDbType.Text);
            await copy.WriteAsync($"{e.GetType().FullName}, {e.GetType().Assembly.GetName().Name}", NpgsqlDbType.Text);
            await copy.WriteAsync("4bf92f3577b34da6a3ce929d0e0e4736", NpgsqlDbType.Text);
            await copy.WriteAsync("""{"actor": "device:2b9f"}""", NpgsqlDbType.Jsonb);
        }

        await copy.CompleteAsync();
    }

    /// <summary>The same append, as a command commits it.</summary>
    private static Append ByStore(ServiceProvider services) => (peer, version, e) => new TestStore(services).Append(
        new Changes(Portal, Actor.System, [new StreamChange(Peer.Stream(peer.Short), version - 1, [e])]), default);

    /// <summary>Marten alone: the event and a row in one session, with nothing to decide, to fold or to show.</summary>
    private static Append ByMarten(ServiceProvider services)
    {
        var (documents, model) = (services.GetRequiredService<IDocumentStore>(), PeerList(services));
        return async (peer, version, e) =>
        {
            var row = new Peer { Typed = TypedPortalId.Of(peer), Id = peer, Listed = true, Domain = $"{peer.Short}.example.org" };
            await using var session = documents.LightweightSession(Portal.Value);
            session.Events.Append(Peer.Stream(peer.Short), version, e);
            session.QueueOperation(new StatementOperation(model.Upsert(Portal, new FoldedRow(model, peer.Short.Value, version, row))));
            await session.SaveChangesAsync();
        };
    }

    /// <param name="version">The version of the stream after the append.</param>
    private delegate Task Append(PortalId peer, long version, DomainEvent e);

    private sealed class Writer(Append append)
    {
        private readonly PortalId[] peers = [.. Enumerable.Range(0, Streams).Select(_ => Key().Id)];
        private readonly long[] versions = new long[Streams];

        public async Task Begin()
        {
            for (var i = 0; i < Streams; i++)
                await append(peers[i], ++versions[i], Added(peers[i]));
        }

        public Task Rename(int stream) => append(peers[stream], ++versions[stream], new PeerRenamed(peers[stream], "Somebody else"));
    }
}
