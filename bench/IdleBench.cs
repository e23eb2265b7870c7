using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Api.Hosting;
using PeerRegistry.Infrastructure.LocalPostgres;
using PeerRegistry.Tests;

namespace PeerRegistry.Bench;

/// <summary>
/// A Portal with 10,000 peers, started as a process of its own on a database that exists: how soon is it ready, how large is it idle, and how
/// many statements does it then send to the database.
/// </summary>
internal sealed class IdleBench : IBenchmark
{
    private const int Peers = 10_000;
    private const int Starts = 5;
    private const double ReadyWithin = 4; // seconds, its own PostgreSQL included
    private const double MostMemory = 240; // MB
    private const double MostStatements = 6; // a second
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Counted = TimeSpan.FromSeconds(30);

    public string Name => "idle";

    public async Task<bool> Run(IReadOnlyList<string> args)
    {
        var data = Directory.CreateTempSubdirectory("peerregistry-bench-").FullName;
        try
        {
            await Seed(data);
            var starts = new List<(double Ready, double Memory, double Statements)>();
            for (var i = 0; i < Starts; i++)
                starts.Add(await Start(data));

            var (ready, memory, statements) = (
                Rounds.Median(starts.Select(s => s.Ready)), Rounds.Median(starts.Select(s => s.Memory)), Rounds.Median(starts.Select(s => s.Statements)));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"idle with {Peers:N0} peers: ready after {ready:F2} s (at most {starts.Max(s => s.Ready):F2}) of {ReadyWithin:F0} allowed, resident {memory:F0} MB (at most {starts.Max(s => s.Memory):F0}) of {MostMemory:F0} allowed, {statements:F1} statements/s of {MostStatements:F0} allowed"));
            return ready <= ReadyWithin && memory <= MostMemory && statements <= MostStatements;
        }
        finally
        {
            if (new DirectoryInfo(Path.Combine(data, "postgres")).ResolveLinkTarget(returnFinalTarget: true) is { } cluster)
                Directory.Delete(cluster.FullName, recursive: true);
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task Seed(string data)
    {
        await using var app = RegistryHost.Build([$"--Data:Directory={data}", "--Listen:Edge=http://127.0.0.1:0", "--Listen:Internal=http://127.0.0.1:0"]);
        await app.StartAsync();
        var (store, portal) = (new TestStore(app.Services), app.Services.GetRequiredService<IPortalSnapshots>().All.Single().Portal.Id);
        foreach (var some in Enumerable.Range(0, Peers).Select(_ => PublicKey.Ed25519(RandomNumberGenerator.GetBytes(32))).DistinctBy(key => key.Id.Short)
            .Chunk(200))
            await store.Append(new Changes(portal, Actor.System, [.. some.Select(Mutual)]), default);
        await app.StopAsync();
    }

    internal static StreamChange Mutual(PublicKey key) => new($"peer-{key.Id.Short}", 0, [
        new PeerAdded(key.Id, TypedPortalId.Parse(key.Id.Value), null, null, $"{key.Id.Short}.portal.localhost", PeerVerification.FullId),
        new PeerKeyPinned(key.Id, key, $"Peer {key.Id.Short}", PeerVerification.FullId, Signed: true),
        new PeeringConfirmed(key.Id),
    ]);

    private static async Task<(double Ready, double Memory, double Statements)> Start(string data)
    {
        var watch = Stopwatch.StartNew();
        using var registry = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "PeerRegistry.Api.dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["Data__Directory"] = data, ["Listen__Edge"] = "http://127.0.0.1:0", ["Listen__Internal"] = "http://127.0.0.1:0" },
        })!;
        registry.BeginErrorReadLine();
        while (await registry.StandardOutput.ReadLineAsync() is { } line && !line.StartsWith("READY ", StringComparison.Ordinal))
        {
            // PAIR comes before
        }

        var ready = watch.Elapsed.TotalSeconds;
        await Task.Delay(Idle, TimeProvider.System);
        registry.Refresh();
        var memory = registry.WorkingSet64 / 1e6;
        var statements = await CountStatements(ClusterPlace.Of(data));
        using (var stop = Process.Start("/bin/sh", ["-c", $"kill -TERM {registry.Id}"]))
            await stop.WaitForExitAsync();
        await registry.WaitForExitAsync();
        return (ready, memory, statements);
    }

    /// <returns>How many a second, as the server logs them; those of a batch, of a transaction's begin and of its end count each.</returns>
    private static async Task<double> CountStatements(ClusterPlace place)
    {
        var log = Path.Combine(place.Directory, "server.log");
        await using var database = NpgsqlDataSource.Create(place.ConnectionString);
        await Run("alter system set log_min_duration_statement = 0");
        await Run("select pg_reload_conf()");
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        var before = Logged();
        await Task.Delay(Counted, TimeProvider.System);
        var counted = Logged() - before;
        await Run("alter system reset log_min_duration_statement");
        await Run("select pg_reload_conf()");
        return counted / Counted.TotalSeconds;

        int Logged() => File.ReadLines(log).Count(line =>
            line.Contains(" duration: ", StringComparison.Ordinal)
                && (line.Contains(" execute ", StringComparison.Ordinal) || line.Contains(" statement: ", StringComparison.Ordinal)));

        async Task Run(string sql)
        {
            await using var command = database.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }
    }
}
