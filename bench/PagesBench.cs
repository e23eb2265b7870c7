using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Api.Hosting;
using PeerRegistry.Tests;

namespace PeerRegistry.Bench;

/// <summary>
/// How long the owner waits for a page, last byte included, on a Portal with 2,000 peers beside one with 100, rounds alternating; and how large the
/// page is. A page that shows one peer, or the latest events, may not depend on how many peers there are.
/// </summary>
internal sealed class PagesBench : IBenchmark
{
    private const int Many = 2_000;
    private const int Few = 100;
    private const int Rounds = 5;
    private const int RequestsEachRound = 30;
    private const double MostMilliseconds = 50;
    private const int MostBytes = 100_000;

    private static readonly (string Name, Func<Furnished, string> Path, double MostRatio)[] Pages =
    [
        ("Home", _ => "/home", 1.5),
        ("Peers", _ => "/peers", 3),
        ("Peers, searched", _ => "/peers?text=peer", 3),
        ("Peers, last heard from first", _ => "/peers?sort=Heard", 3),
        ("a peer's page", portal => $"/peers/{portal.Peer}", 1.5),
        ("an app's page", _ => "/apps/postcards", 3),
        ("History", _ => "/history", 1.5),
    ];

    public string Name => "pages";

    public async Task<bool> Run(IReadOnlyList<string> args)
    {
        await using var few = await Furnished.Start(Few);
        await using var many = await Furnished.Start(Many);
        var good = true;
        foreach (var (name, path, mostRatio) in Pages)
            good &= await Compare(name, (few, path(few)), (many, path(many)), mostRatio);
        return good;
    }

    private static async Task<bool> Compare(string name, (Furnished Portal, string Path) few, (Furnished Portal, string Path) many, double mostRatio)
    {
        await few.Portal.Time(few.Path);
        var bytes = await many.Portal.Time(many.Path);
        var (baseline, candidate, size) = (new List<double>(), new List<double>(), bytes.Bytes);
        for (var round = 0; round < Rounds; round++)
        {
            baseline.Add((await few.Portal.Time(few.Path)).Milliseconds);
            candidate.Add((await many.Portal.Time(many.Path)).Milliseconds);
        }

        var (one, other) = (Bench.Rounds.Median(baseline), Bench.Rounds.Median(candidate));
        var good = other <= MostMilliseconds && other <= mostRatio * one && size <= MostBytes;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: p50 {other:F1} ms with {Many:N0} peers (at most {MostMilliseconds:F0}), {one:F1} ms with {Few}, ratio {other / one:F2} of at most {mostRatio:F1}; {size:N0} bytes of at most {MostBytes:N0}: {(good ? "pass" : "FAIL")}"));
        return good;
    }

    private sealed class Furnished(WebApplication app, HttpClient owner, string data, ShortId peer) : IAsyncDisposable
    {
        private static readonly byte[] Postcards =
            """{"v":"1.2","app_version":"1","name":"postcards","pretty_name":"Postcards","paths":{"":{"access":"private"}}}"""u8.ToArray();

        /// <summary>One of the peers.</summary>
        public ShortId Peer => peer;

        public static async Task<Furnished> Start(int peers)
        {
            var data = Directory.CreateTempSubdirectory("peerregistry-bench-").FullName;
            var app = RegistryHost.Build([$"--Data:Directory={data}", "--Listen:Edge=http://127.0.0.1:0", "--Listen:Internal=http://127.0.0.1:0"]);
            await app.StartAsync();
            var (store, portal) = (new TestStore(app.Services), app.Services.GetRequiredService<IPortalSnapshots>().All.Single().Portal.Id);
            var keys = Enumerable.Range(0, peers).Select(_ => PublicKey.Ed25519(RandomNumberGenerator.GetBytes(32))).DistinctBy(key => key.Id.Short).ToList();
            foreach (var some in keys.Chunk(200))
                await store.Append(new Changes(portal, Actor.System, [.. some.Select(IdleBench.Mutual)]), default);
            await using (var analyze = app.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand("analyze")) // as autovacuum does a minute later
                await analyze.ExecuteNonQueryAsync();

            await using var scope = app.Services.CreateAsyncScope();
            var mediator = scope.ServiceProvider.GetRequiredService<IMediator>();
            await mediator.Send(new RegisterApp(portal, "postcards", Postcards));
            await mediator.Send(new SetVisibility(portal, "postcards", VisibilityMode.Some, [.. keys.Take(peers / 2).Select(key => TypedPortalId.Of(key.Id))]));
            var code = await mediator.Send(new CreatePairingCode(portal));
            var device = await mediator.Send(new PairDevice(portal, code.Code, "Bench"));
            var owner = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
            owner.DefaultRequestHeaders.Authorization = new("Bearer", device.Token);
            owner.DefaultRequestHeaders.Accept.ParseAdd("text/html");
            return new Furnished(app, owner, data, keys[0].Id.Short);
        }

        /// <summary>One round.</summary>
        /// <returns>The median time of a page, and its size.</returns>
        public async Task<(double Milliseconds, int Bytes)> Time(string path)
        {
            var (times, bytes) = (new List<double>(), 0);
            for (var i = 0; i < RequestsEachRound; i++)
            {
                var started = Stopwatch.GetTimestamp();
                bytes = (await owner.GetByteArrayAsync(path)).Length;
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }

            return (Bench.Rounds.Median(times), bytes);
        }

        public async ValueTask DisposeAsync()
        {
            owner.Dispose();
            await app.StopAsync();
            await app.DisposeAsync();
            if (new DirectoryInfo(Path.Combine(data, "postgres")).ResolveLinkTarget(returnFinalTarget: true) is { } cluster)
                Directory.Delete(cluster.FullName, recursive: true);
            Directory.Delete(data, recursive: true);
        }
    }
}
