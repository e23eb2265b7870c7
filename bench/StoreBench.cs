using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
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
/// Appends of one small event (peer_renamed) with its row of peer_list, against a batch that writes the same three rows; rebuild of
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
            var bare = await BareWriters(services, writers);
            var store = await StoreWriters(services, writers);
            good &= await Rounds.Compare(
                $"append, {writers} writer{(writers == 1 ? "" : "s")}", () => Rate(bare, appends), () => Rate(store, appends), 0.8);
            foreach (var writer in bare)
                await ((BareWriter)writer).DisposeAsync();
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
        var model = services.GetRequiredService<IReadOnlyList<ReadModel>>().Single(model => model.Table == "peer_list");
        return await Rounds.Compare(
            "rebuild of 200,000 events in 10,000 streams",
            async () => events / await Seconds(() => ReadAll(services.GetRequiredService<NpgsqlDataSource>(), events)),
            async () => events / await Seconds(() => rebuild.Build(model, CancellationToken.None)),
            0.5);
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

    private static async Task<double> Rate(IReadOnlyList<IWriter> writers, int appends) => appends / await Seconds(() => Task.WhenAll(
        writers.Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < appends / writers.Count; i++)
                await writer.Append(i % Streams);
        }))));

    private static async Task<double> Seconds(Func<Task> work)
    {
        var started = Stopwatch.GetTimestamp();
        await work();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task<IReadOnlyList<IWriter>> StoreWriters(ServiceProvider services, int count)
    {
        var writers = Enumerable.Range(0, count).Select(_ => new StoreWriter(new TestStore(services))).ToList();
        foreach (var writer in writers)
            await writer.Begin();
        return writers;
    }

    private static async Task<IReadOnlyList<IWriter>> BareWriters(ServiceProvider services, int count)
    {
        var writers = new List<IWriter>();
        for (var i = 0; i < count; i++)
        {
            var writer = new BareWriter(await services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync());
            await writer.Begin();
            writers.Add(writer);
        }

        return writers;
    }

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
        var keys = Enumerable.Range(0, peers).Select(_ => Key()).ToList();
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

    private interface IWriter
    {
        Task Append(int stream);
    }

    private sealed class StoreWriter(TestStore store) : IWriter
    {
        private readonly PortalId[] peers = [.. Enumerable.Range(0, Streams).Select(_ => Key().Id)];
        private readonly long[] versions = new long[Streams];

        public async Task Begin()
        {
            for (var i = 0; i < Streams; i++)
                await Append(i, Added(peers[i]));
        }

        public Task Append(int stream) => Append(stream, new PeerRenamed(peers[stream], "Somebody else"));

        private async Task Append(int stream, DomainEvent e) => versions[stream] = (await store.Append(
            new Changes(Portal, Actor.System, [new StreamChange($"peer-{peers[stream].Short}", versions[stream], [e])]), default))[0];
    }

    /// <summary>The three rows and nothing else: no check, no fold, no JSON to make.</summary>
    private sealed class BareWriter(NpgsqlConnection connection) : IWriter, IAsyncDisposable
    {
        private readonly PortalId[] peers = [.. Enumerable.Range(0, Streams).Select(_ => Key().Id)];
        private readonly long[] versions = new long[Streams];
        private readonly byte[][] data = new byte[Streams][];
        private readonly byte[][] rows = new byte[Streams][];

        public async Task Begin()
        {
            for (var i = 0; i < Streams; i++)
            {
                data[i] = JsonSerializer.SerializeToUtf8Bytes(new PeerRenamed(peers[i], "Somebody else"), RegistryJson.Options);
                IProjection projection = new PeerListProjection();
                rows[i] = projection.Write(projection.Fold(null, Added(peers[i]), DateTimeOffset.UnixEpoch)!);
                await Append(i);
            }
        }

        public async Task Append(int stream)
        {
            var (name, key, version) = ($"peer-{peers[stream].Short}", peers[stream].Short.Value, ++versions[stream]);
            await using var batch = connection.CreateBatch();
            batch.BatchCommands.Add(new(version == 1
                ? "insert into registry.mt_streams (tenant_id, id, version) values ($1, $2, $3)"
                : "update registry.mt_streams set version = $3, timestamp = now() where tenant_id = $1 and id = $2")
            {
                Parameters = { Sql.Text(Portal.Value), Sql.Text(name), Sql.Bigint(version) },
            });
            batch.BatchCommands.Add(new(
                """
                insert into registry.mt_events (seq_id, id, stream_id, version, data, type, tenant_id, mt_dotnet_type, headers)
                values (nextval('registry.mt_events_sequence'), gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7)
                """)
            {
                Parameters =
                {
                    Sql.Text(name), Sql.Bigint(version), Sql.Json(data[stream]), Sql.Text("peer_renamed"), Sql.Text(Portal.Value),
                    Sql.Text("PeerRegistry.Domain.Peers.PeerRenamed, PeerRegistry.Domain"), Sql.Json("""{"actor":"system"}"""u8.ToArray()),
                },
            });
            batch.BatchCommands.Add(new(
                """
                insert into registry.peer_list (portal_id, key, version, row) values ($1, $2, $3, $4)
                on conflict (portal_id, key) do update set version = excluded.version, row = excluded.row
                """) { Parameters = { Sql.Text(Portal.Value), Sql.Text(key), Sql.Bigint(version), Sql.Json(rows[stream]) } });
            await batch.ExecuteNonQueryAsync();
        }

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
