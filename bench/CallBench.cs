using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PeerRegistry.Infrastructure.Forwarding;
using PeerRegistry.Infrastructure.Keys;

namespace PeerRegistry.Bench;

/// <summary>
/// <c>call_peer</c> with 1 KB bodies over TLS against nginx, against a bare copy loop over the same connections, and against a loop that also hashes
/// the body and makes one bare signature, which is the least that the job costs; 1 GiB each way; and what 500 peers of one byte a second do to the
/// others. <c>wrk</c> makes the load, with 64 connections. <c>./run bench call small</c>: only the 1 KB bodies; <c>large</c>: only the large ones.
/// </summary>
internal sealed partial class CallBench : IBenchmark
{
    private const int SlowPeers = 500;
    private const long MostGrowth = 60 << 20;
    private const int SignatureBaseBytes = 512;

    public string Name => "call";

    public async Task<bool> Run(IReadOnlyList<string> args)
    {
        var slowPort = CallStage.FreePort();
        await using var stage = await CallStage.Set(slowPort);
        var script = Path.Combine(stage.Folder, "post.lua");
        await File.WriteAllTextAsync(script, $"""
            wrk.method = "POST"
            wrk.body = string.rep("b", 1024)
            wrk.headers["Authorization"] = "Bearer {stage.Token}"
            wrk.headers["Content-Type"] = "text/plain"
            """);
        using var key = PrivateKey.Of(Ed25519PrivateKey.Create());
        await using var bare = await Loop(stage, Copied);
        await using var signing = await Loop(stage, context => Signed(context, key));
        var call = new Uri(stage.Internal, $"/internal/call_peer/{stage.Peer.Id}/a");
        var loop = new Uri(bare.Urls.First() + "/a");
        var least = new Uri(signing.Urls.First() + "/a");

        if (args is ["large"])
            return await Large(stage, call);

        foreach (var compiled in new[] { call, loop, least })
            await Wrk(script, compiled, seconds: 15); // nginx came compiled; these are, once they have run for a while
        var good = await Rounds.Compare(
            "call of 1 KB, against nginx",
            async () => (await Wrk(script, new Uri(stage.NginxProxy, "/a"))).Rate, async () => (await Wrk(script, call)).Rate, 0.5);
        good &= await Rounds.Compare(
            "call of 1 KB, against a bare copy loop", async () => (await Wrk(script, loop)).Rate, async () => (await Wrk(script, call)).Rate, 0.8);
        good &= await Rounds.Compare(
            "call of 1 KB, against a copy loop that hashes and signs",
            async () => (await Wrk(script, least)).Rate, async () => (await Wrk(script, call)).Rate, 0.85);
        if (args is ["small"])
            return good;

        good &= await Large(stage, call);
        return await SlowOnes(stage, script, call, slowPort) && good;
    }

    private static async Task<bool> Large(CallStage stage, Uri call) =>
        await Gigabyte("upload", stage, "-X POST -T -", call)
        & await Gigabyte("download", stage, "", new Uri(stage.Internal, $"/internal/call_peer/{stage.Peer.Id}/big"));

    /// <summary>Takes, sends on and gives back, over connections like ours; no question asked.</summary>
    /// <param name="content">Makes the body to send of the one that was received.</param>
    private static async Task<WebApplication> Loop(CallStage stage, Func<HttpContext, ValueTask<HttpContent>> content)
    {
        var connections = new PeerConnections(stage.Options, stage.Services.GetRequiredService<PeerDialer>());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(async context =>
        {
            using var request = PeerConnections.Request(
                HttpMethod.Parse(context.Request.Method), $"https://{stage.PeerHost}{context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget}");
            request.Content = await content(context);
            foreach (var (name, values) in context.Request.Headers)
            {
                if (name is not ("Host" or "Content-Length") && !request.Headers.TryAddWithoutValidation(name, (IEnumerable<string>)values))
                    request.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string>)values);
            }

            using var response = await connections.Send(request, context.RequestAborted);
            context.Response.StatusCode = (int)response.StatusCode;
            foreach (var (name, values) in response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated))
                context.Response.Headers[name] = values.ToArray();
            context.Response.Headers.Remove("Connection");
            context.Response.Headers.Remove("Transfer-Encoding");
            await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        });
        await app.StartAsync();
        return app;
    }

    private static ValueTask<HttpContent> Copied(HttpContext context) =>
        new(new StreamContent(context.Request.Body) { Headers = { ContentLength = context.Request.ContentLength } });

    /// <summary>The digest and the signature go ahead of the body, so it is read first. What is signed is as long as a signature base of ours.</summary>
    private static async ValueTask<HttpContent> Signed(HttpContext context, PrivateKey key)
    {
        var body = new byte[context.Request.ContentLength!.Value];
        await context.Request.Body.ReadExactlyAsync(body, context.RequestAborted);
        var (message, signature) = (new byte[SignatureBaseBytes], new byte[64]);
        SHA256.HashData(body, message);
        key.Sign(message, signature);
        var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Digest", $"sha-256=:{Convert.ToBase64String(message, 0, SHA256.HashSizeInBytes)}:");
        content.Headers.TryAddWithoutValidation("Signature", $"sig1=:{Convert.ToBase64String(signature)}:");
        return content;
    }

    private static async Task<(double Rate, double P99)> Wrk(string script, Uri target, int seconds = 4)
    {
        using var wrk = Process.Start(new ProcessStartInfo("wrk", ["-t2", "-c64", $"-d{seconds}s", "--latency", "-s", script, target.AbsoluteUri])
        {
            RedirectStandardOutput = true,
        })!;
        var said = await wrk.StandardOutput.ReadToEndAsync();
        if (said.Contains("Non-2xx", StringComparison.Ordinal) || Rate().Match(said) is not { Success: true } rate
            || P99().Match(said) is not { Success: true } p99)
            throw new InvalidOperationException("wrk was not answered as it should be:\n" + said);

        var unit = p99.Groups[2].Value switch { "us" => 0.001, "ms" => 1, _ => 1000 };
        return (double.Parse(rate.Groups[1].Value, CultureInfo.InvariantCulture), double.Parse(p99.Groups[1].Value, CultureInfo.InvariantCulture) * unit);
    }

    private static async Task<bool> Gigabyte(string name, CallStage stage, string how, Uri target)
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var (before, most) = (Process.GetCurrentProcess().WorkingSet64, 0L);
        var watch = Stopwatch.StartNew();
        using var curl = Process.Start("bash", [
            "-c", $"head -c {1L << 30} /dev/zero 2>/dev/null | curl -sSf -o /dev/null {how} -H 'Authorization: Bearer {stage.Token}' '{target}'"]);
        while (!curl.HasExited)
        {
            using var self = Process.GetCurrentProcess();
            most = Math.Max(most, self.WorkingSet64);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        var (growth, good) = (most - before, curl.ExitCode == 0 && most - before <= MostGrowth);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name} of 1 GiB: {1024 / watch.Elapsed.TotalSeconds:N0} MiB/s, resident memory grew by {growth / 1048576.0:N0} MB of at most 60 MB: {(good ? "pass" : "FAIL")}"));
        return good;
    }

    private static async Task<bool> SlowOnes(CallStage stage, string script, Uri call, int slowPort)
    {
        var peers = Enumerable.Range(0, SlowPeers).Select(_ => CallStage.NewKey()).ToList();
        foreach (var peer in peers)
            await stage.AddPeer(peer, CallStage.SlowZone);
        await using var host = await Slow(stage, peers.Select(peer => $"mail.{peer.Id.Short}.{CallStage.SlowZone}"), slowPort);
        var without = new List<double>();
        var with = new List<double>();
        for (var round = 0; round < 3; round++)
        {
            without.Add((await Wrk(script, call)).P99);
            using var stop = new CancellationTokenSource();
            using var client =
                new HttpClient(new SocketsHttpHandler()) { DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", stage.Token) } };
            var streams =
                await Task.WhenAll(peers.Select(peer => client.GetStreamAsync(new Uri(stage.Internal, $"/internal/call_peer/{peer.Id}/drip"), stop.Token)));
            var reading = streams.Select(stream => stream.CopyToAsync(Stream.Null, stop.Token)).ToList();
            with.Add((await Wrk(script, call)).P99);
            var open = reading.Count(task => !task.IsCompleted);
            await stop.CancelAsync();
            if (open != SlowPeers)
                throw new InvalidOperationException($"Only {open} slow calls were still open.");
        }

        var (alone, beside) = (Rounds.Median(without), Rounds.Median(with));
        var good = beside <= 2 * alone;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"p99 of calls: {alone:F1} ms, beside {SlowPeers} peers of 1 B/s {beside:F1} ms, {beside / alone:F2} times, of at most 2: {(good ? "pass" : "FAIL")}"));
        return good;
    }

    private static async Task<WebApplication> Slow(CallStage stage, IEnumerable<string> names, int port)
    {
        var certificate = stage.Certify([.. names]);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.UseHttps(certificate);
        }));
        var app = builder.Build();
        app.Run(async context =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync("."u8.ToArray(), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, context.RequestAborted);
            }
        });
        await app.StartAsync();
        return app;
    }

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex Rate();

    [GeneratedRegex(@"99%\s+([\d.]+)(us|ms|s)")]
    private static partial Regex P99();
}
