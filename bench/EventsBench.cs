using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Hosting;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Bench;

/// <summary>
/// How large a registry is while a thousand apps listen to what becomes of its peers, beside the same one when nobody listens, and how soon all of them hear
/// of a change.
/// </summary>
internal sealed class EventsBench : IBenchmark
{
    private const int Peers = 100;
    private const int Renames = 5;
    private const double MostMemory = 300; // MB, of the whole registry
    private const double MostSeconds = 2;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    public string Name => "events";

    /// <param name="args">The number of apps, or nothing for a thousand.</param>
    public async Task<bool> Run(IReadOnlyList<string> args)
    {
        var apps = args is [var given] ? int.Parse(given, CultureInfo.InvariantCulture) : 1_000;
        var data = Directory.CreateTempSubdirectory("peerregistry-bench-").FullName;
        try
        {
            return await Measure(data, await Seed(data, apps));
        }
        finally
        {
            if (new DirectoryInfo(Path.Combine(data, "postgres")).ResolveLinkTarget(returnFinalTarget: true) is { } cluster)
                Directory.Delete(cluster.FullName, recursive: true);
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task<bool> Measure(string data, Seeded seeded)
    {
        using var registry = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "PeerRegistry.Api.dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["Data__Directory"] = data, ["Listen__Edge"] = "http://127.0.0.1:0", ["Listen__Internal"] = "http://127.0.0.1:0" },
        })!;
        registry.BeginErrorReadLine();
        var ready = "";
        while (!ready.StartsWith("READY ", StringComparison.Ordinal))
            ready = await registry.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The registry did not start.");
        var words = ready.Split(' ')[1..].Select(word => word.Split('=', 2)).ToDictionary(word => word[0], word => word[1]);
        try
        {
            using var owner = new HttpClient { BaseAddress = new Uri(words["edge"]), DefaultRequestHeaders = { Authorization = new("Bearer", seeded.Owner) } };
            using var inner = new HttpClient { BaseAddress = new Uri(words["internal"]), Timeout = Timeout.InfiniteTimeSpan };
            var idle = await Memory(registry);
            var listeners = await Task.WhenAll(seeded.Tokens.Select(token => Listener.Open(inner, token)));
            await Task.WhenAll(listeners.Select(listener => listener.Hear("peer_visible", Peers)));
            var listening = await Memory(registry);
            var times = new List<double>();
            for (var i = 0; i < Renames; i++)
                times.Add(await Rename(owner, seeded.Peer, i, listeners));
            var worked = await Memory(registry);
            foreach (var listener in listeners)
                listener.Dispose();

            var (most, slowest) = (Math.Max(listening, worked), Rounds.Median(times));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"events: {seeded.Tokens.Count:N0} apps listen to {Peers} peers: resident {listening:F0} MB, {worked:F0} MB after {Renames} changes, of {MostMemory:F0} allowed; {idle:F0} MB when nobody listens, so {(most - idle) * 1000 / seeded.Tokens.Count:F0} kB a listener; all heard of a change after {slowest:F2} s of {MostSeconds:F0} allowed"));
            return most <= MostMemory && slowest <= MostSeconds;
        }
        finally
        {
            using (var stop = Process.Start("/bin/sh", ["-c", $"kill -TERM {registry.Id}"]))
                await stop.WaitForExitAsync();
            await registry.WaitForExitAsync();
        }
    }

    private static async Task<double> Rename(HttpClient owner, ShortId peer, int number, IReadOnlyList<Listener> listeners)
    {
        var watch = Stopwatch.StartNew();
        var heard = Task.WhenAll(listeners.Select(listener => listener.Hear("peer_renamed", 1)));
        using var body = new StringContent($$"""{"id":"{{peer}}","name":"Peer {{number}}"}""", Encoding.UTF8, "application/json");
        using var answer = await owner.PutAsync("/core/protected/peers", body);
        answer.EnsureSuccessStatusCode();
        await heard;
        return watch.Elapsed.TotalSeconds;
    }

    private static async Task<double> Memory(Process registry)
    {
        await Task.Delay(Rest, TimeProvider.System);
        registry.Refresh();
        return registry.WorkingSet64 / 1e6;
    }

    private static async Task<Seeded> Seed(string data, int apps)
    {
        await using var app = RegistryHost.Build([$"--Data:Directory={data}", "--Listen:Edge=http://127.0.0.1:0", "--Listen:Internal=http://127.0.0.1:0"]);
        await app.StartAsync();
        var (store, portal) = (new TestStore(app.Services), app.Services.GetRequiredService<IPortalSnapshots>().All.Single().Portal.Id);
        var credentials = app.Services.GetRequiredService<ICredentials>();
        var keys = Enumerable.Range(0, 2 * Peers).Select(_ => PublicKey.Ed25519(RandomNumberGenerator.GetBytes(32))).DistinctBy(key => key.Id.Short)
            .Take(Peers).ToList();
        await store.Append(new Changes(portal, Actor.System, [.. keys.Select(IdleBench.Mutual)]), default);
        var tokens = Enumerable.Range(0, apps).ToDictionary(i => $"app{i}", _ => Token.Create());
        foreach (var some in tokens.Chunk(200))
        {
            await store.Append(new Changes(portal, Actor.System, [.. some.Select(each => Registered(each.Key))])
            {
                Beside = session =>
                {
                    foreach (var (name, token) in some)
                        credentials.Issue(session, TokenHash.Of(token), new Credential(CredentialKind.App, name, null, null));
                },
            }, default);
        }

        await using var scope = app.Services.CreateAsyncScope();
        var mediator = scope.ServiceProvider.GetRequiredService<IMediator>();
        var owner = await mediator.Send(new PairDevice(portal, (await mediator.Send(new CreatePairingCode(portal))).Code, "Bench"));
        await app.StopAsync();
        return new([.. tokens.Values], owner.Token, keys[0].Id.Short);
    }

    private static StreamChange Registered(string name) => new(App.Stream(name), 0, [
        new AppRegistered(AppMetaParser.Parse(Encoding.UTF8.GetBytes($$$"""{"v":"1.0","name":"{{{name}}}","paths":{"":{"access":"private"} } }""")).Meta),
        new AppVisibilitySet(name, Visibility.All),
        new AppCredentialIssued(name),
    ]);

    private sealed record Seeded(IReadOnlyList<string> Tokens, string Owner, ShortId Peer);

    private sealed class Listener(HttpResponseMessage answer, StreamReader lines) : IDisposable
    {
        public static async Task<Listener> Open(HttpClient inner, string token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/protected/events") { Headers = { Authorization = new("Bearer", token) } };
            var answer = await inner.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            answer.EnsureSuccessStatusCode();
            return new(answer, new StreamReader(await answer.Content.ReadAsStreamAsync()));
        }

        /// <summary>Returns when it has heard as many events of this name.</summary>
        public async Task Hear(string name, int times)
        {
            while (times > 0)
            {
                var line = await lines.ReadLineAsync() ?? throw new InvalidOperationException("The stream has ended.");
                times -= line == $"event: {name}" ? 1 : 0;
            }
        }

        public void Dispose()
        {
            lines.Dispose();
            answer.Dispose();
        }
    }
}
