using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Api.Hosting;
using PeerRegistry.Tests;

namespace PeerRegistry.Bench;

/// <summary>First byte of the Peers page with 10,000 peers and with 100, rounds alternating, and its size.</summary>
internal sealed class PagesBench : IBenchmark
{
    private const int Requests = 200;
    private const double MostMilliseconds = 50;
    private const double MostRatio = 3;
    private const int MostBytes = 100_000;

    public string Name => "pages";

    public async Task<bool> Run(IReadOnlyList<string> args)
    {
        await using var few = await Furnished.Start(100);
        await using var many = await Furnished.Start(10_000);
        await few.Time(20);
        await many.Time(20);
        var (small, large) = (new List<double>(), new List<double>());
        for (var round = 0; round < 5; round++)
        {
            small.AddRange(await few.Time(Requests / 5));
            large.AddRange(await many.Time(Requests / 5));
        }

        var (one, other, bytes) = (Rounds.Median(small), Rounds.Median(large), await many.Size());
        var good = other <= MostMilliseconds && other <= MostRatio * one && bytes <= MostBytes;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"peers page: first byte at p50 after {other:F1} ms with 10,000 peers (at most {MostMilliseconds:F0}), {one:F1} ms with 100, ratio {other / one:F2} of at most {MostRatio:F0}; {bytes:N0} bytes of at most {MostBytes:N0}: {(good ? "pass" : "FAIL")}"));
        return good;
    }

    private sealed class Furnished(WebApplication app, HttpClient owner, string data) : IAsyncDisposable
    {
        public static async Task<Furnished> Start(int peers)
        {
            var data = Directory.CreateTempSubdirectory("peerregistry-bench-").FullName;
            var app = RegistryHost.Build([$"--Data:Directory={data}", "--Listen:Edge=http://127.0.0.1:0", "--Listen:Internal=http://127.0.0.1:0"]);
            await app.StartAsync();
            var (store, portal) = (new TestStore(app.Services), app.Services.GetRequiredService<IPortalSnapshots>().All.Single().Portal.Id);
            foreach (var some in Enumerable.Range(0, peers).Select(_ => PublicKey.Ed25519(RandomNumberGenerator.GetBytes(32))).DistinctBy(key => key.Id.Short)
                .Chunk(200))
                await store.Append(new Changes(portal, Actor.System, [.. some.Select(IdleBench.Mutual)]), default);

            await using var scope = app.Services.CreateAsyncScope();
            var mediator = scope.ServiceProvider.GetRequiredService<IMediator>();
            var code = await mediator.Send(new CreatePairingCode(portal));
            var device = await mediator.Send(new PairDevice(portal, code.Code, "Bench"));
            var owner = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
            owner.DefaultRequestHeaders.Authorization = new("Bearer", device.Token);
            owner.DefaultRequestHeaders.Accept.ParseAdd("text/html");
            return new Furnished(app, owner, data);
        }

        /// <returns>Milliseconds to the first byte of each answer.</returns>
        public async Task<List<double>> Time(int requests)
        {
            var times = new List<double>();
            for (var i = 0; i < requests; i++)
            {
                var started = Stopwatch.GetTimestamp();
                using var answer = (await owner.GetAsync("/peers", HttpCompletionOption.ResponseHeadersRead)).EnsureSuccessStatusCode();
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                await answer.Content.ReadAsByteArrayAsync();
            }

            return times;
        }

        public async Task<int> Size() => (await owner.GetByteArrayAsync("/peers")).Length;

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
