using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PeerRegistry.Api.Cli;
using PeerRegistry.Api.ForwardAuth.ProxyConfig;
using PeerRegistry.Api.Hosting;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.HttpSignatures;
using PeerRegistry.Infrastructure.Keys;
using PeerRegistry.Tests;
using Yarp.ReverseProxy.Forwarder;
using PublicKey = PeerRegistry.Domain.Portals.PublicKey;

namespace PeerRegistry.Bench;

/// <summary>
/// Requests to an app through the gateway, of 1 KB each, with a device's session: against YARP alone with the same destination, and, with TLS, against Caddy
/// that asks the same core. Signed calls of a peer, whose bodies are verified and whose answers are signed, against the same without signatures. 1 GiB each
/// way, and 10,000 WebSockets that are idle. nginx plays the app. <c>./run bench gateway session</c>, or <c>caddy</c>, <c>peer</c>, <c>large</c>,
/// <c>sockets</c>: only that.
/// </summary>
internal sealed class GatewayBench : IBenchmark
{
    private const string App = "mail";
    private const int SignedRequests = 30_000;
    private const int Sockets = 10_000;
    private const long MostGrowth = 60 << 20;
    private const double MostSocketMegabytes = 400;

    private static readonly byte[] Body = Encoding.ASCII.GetBytes(new string('b', 1024));

    private static readonly string[] Unlimited = ["--Gateway:PerApp=100000", "--Gateway:PerCaller=100000", "--Gateway:Rate=1000000"];

    public string Name => "gateway";

    public async Task<bool> Run(IReadOnlyList<string> args)
    {
        if (args is ["sockets"])
            return await IdleSockets();

        var folder = Directory.CreateTempSubdirectory("bench-gateway-").FullName;
        await using var postgres = new ThrowawayPostgres();
        await postgres.InitializeAsync();
        using var authority = new TestAuthority();
        var (certificate, key) = Write(authority.Certify("bench.test"), folder);
        var upstream = $"127.0.0.1:{CallStage.FreePort()}";
        using var nginx = StartApp(folder, upstream);
        await using var registry = RegistryHost.Build(
        [
            $"--ConnectionStrings:Registry={await postgres.CreateDatabase()}", $"--Data:Directory={folder}/data", "--Listen:Edge=http://127.0.0.1:0",
            "--Listen:Internal=http://127.0.0.1:0", "--Listen:Tls=https://127.0.0.1:0", $"--Listen:Certificate={certificate}", $"--Listen:CertificateKey={key}",
            $"--Apps:Upstreams:{App}={upstream}", "--Logging:LogLevel:Default=Warning", .. Unlimited,
        ]);
        await registry.StartAsync();
        using var peer = PrivateKey.Of(Ed25519PrivateKey.Create());
        var (session, domain) = await Fill(registry.Services, peer);
        var (edge, tls, load) = (registry.Urls.First(), registry.Urls.Last(), new Load(folder));
        await using var bare = await Yarp(upstream);
        var ask = load.Write([Get(domain, "/", session)]);

        var good = true;
        if (args is not ["large"])
        {
            for (var i = 0; i < 4; i++) // until both are compiled
            {
                await load.Run(bare.Urls.First(), ask);
                await load.Run(edge, ask);
            }

            if (args is [] or ["session"])
            {
                good &= await Rounds.Compare("gateway with a device's session, against YARP alone",
                    async () => (await load.Run(bare.Urls.First(), ask)).Rate, async () => (await load.Run(edge, ask)).Rate, 0.8);
            }

            if (args is [] or ["caddy"])
                good &= await AgainstCaddy(registry, folder, certificate, key, upstream, load, ask, tls);
            if (args is [] or ["peer"])
            {
                await using var lesser = RegistryHost.Build(
                [
                    $"--ConnectionStrings:Registry={await postgres.CreateDatabase()}", $"--Data:Directory={folder}/lesser", "--Listen:Edge=http://127.0.0.1:0",
                    "--Listen:Internal=http://127.0.0.1:0", $"--Apps:Upstreams:{App}={upstream}", "--Logging:LogLevel:Default=Warning", .. Unlimited,
                ],
                services => services.AddSingleton<ISignatures>(provider => new SenderOnly(ActivatorUtilities.CreateInstance<SignatureService>(provider))));
                await lesser.StartAsync();
                var (_, lesserDomain) = await Fill(lesser.Services, peer);
                good &= await Peers(load, edge, lesser.Urls.First(), domain, lesserDomain, peer);
                await lesser.StopAsync();
            }
        }

        if (args is [] or ["large"])
            good &= await Gigabyte("upload", edge, domain, "/upload", "-X POST -T -") & await Gigabyte("download", edge, domain, "/open/big", "");
        await registry.StopAsync();
        nginx.Kill(entireProcessTree: true);
        Directory.Delete(folder, recursive: true);
        return good && (args.Count > 0 || await IdleSockets());
    }

    private static async Task<bool> AgainstCaddy(
        WebApplication registry, string folder, string certificate, string key, string upstream, Load load, string ask, string tls)
    {
        var port = CallStage.FreePort();
        var options = new RegistryOptions
        {
            Portal = new() { PublicPort = port },
            Apps = new() { Upstreams = new Dictionary<string, string> { [App] = upstream } },
            Proxy = new()
            {
                Edge = new Uri(registry.Urls.First()).Authority, Internal = new Uri(registry.Urls.ElementAt(1)).Authority,
                Certificate = certificate, CertificateKey = key,
            },
        };
        var all = registry.Services.GetRequiredService<IPortalSnapshots>().All;
        var setup = ProxySetup.Of(all, all.First().Portal.Id, options, registry.Services.GetRequiredService<IProxySecrets>());
        var file = Path.Combine(folder, "Caddyfile");
        await File.WriteAllTextAsync(file, "{\n\tadmin off\n\tdefault_sni bench.test\n" + ProxyConfigVerb.Writers["caddy"].ForwardAuth(setup).Split("\n{\n", 2)[1]);
        using var caddy = Process.Start(new ProcessStartInfo("caddy", ["run", "--config", file, "--adapter", "caddyfile"])
        {
            RedirectStandardError = true, Environment = { ["HOME"] = folder, ["XDG_DATA_HOME"] = folder, ["XDG_CONFIG_HOME"] = folder },
        })!;
        caddy.BeginErrorReadLine();
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        var good = await Rounds.Compare("gateway with TLS of its own, against Caddy that asks the same core",
            async () => (await load.Run($"https://127.0.0.1:{port}", ask)).Rate, async () => (await load.Run(tls, ask)).Rate, 1.3);
        caddy.Kill(entireProcessTree: true);
        await caddy.WaitForExitAsync();
        return good;
    }

    /// <summary>
    /// Against a second registry that verifies the signature of the same request, but neither compares the body nor signs the answer. The same request
    /// without a signature, on a public path, shows what all of it costs.
    /// </summary>
    private static async Task<bool> Peers(Load load, string edge, string lesser, string domain, string lesserDomain, PrivateKey peer)
    {
        var plain = load.Write([Post(domain, "/open", "")]);
        string Fresh(string portal) => load.Write(Signed(portal, peer));
        await load.Run(edge, Fresh(domain));
        var good = await Rounds.Compare("peer call, body verified and answer signed, against the same without these two",
            async () => (await load.Run(lesser, Fresh(lesserDomain))).Rate, async () => (await load.Run(edge, Fresh(domain))).Rate, 0.7);
        await Rounds.Compare("peer call, body verified and answer signed, against an unsigned request (no target)",
            async () => (await load.Run(edge, plain)).Rate, async () => (await load.Run(edge, Fresh(domain))).Rate, 0);

        var most = (await load.Run(edge, Fresh(domain))).Rate;
        var pause = (int)Math.Ceiling(Load.Connections / (most / 2) * 1000);
        var ratios = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            var without = (await load.Run(lesser, Fresh(lesserDomain), pause)).P99;
            ratios.Add((await load.Run(edge, Fresh(domain), pause)).P99 / without);
        }

        var tail = Rounds.Median(ratios);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"peer call, p99 at half load, against the same without these two: {tail:F2} times, of at most 1.5: {(tail <= 1.5 ? "pass" : "FAIL")}"));
        return good && tail <= 1.5;
    }

    private static async Task<bool> Gigabyte(string name, string edge, string domain, string target, string how)
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var (before, most, watch) = (Process.GetCurrentProcess().WorkingSet64, 0L, Stopwatch.StartNew());
        using var curl = Process.Start("bash", [
            "-c", $"head -c {1L << 30} /dev/zero 2>/dev/null | curl -sSf -o /dev/null {how} -H 'Host: {App}.{domain}' '{edge}{target}'"]);
        while (!curl.HasExited)
        {
            using var self = Process.GetCurrentProcess();
            most = Math.Max(most, self.WorkingSet64);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        var (growth, good) = (most - before, curl.ExitCode == 0 && most - before <= MostGrowth);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name} of 1 GiB through the gateway: {1024 / watch.Elapsed.TotalSeconds:N0} MiB/s, resident memory grew by {growth / 1048576.0:N0} MB of at most 60 MB: {(good ? "pass" : "FAIL")}"));
        return good;
    }

    /// <summary>The registry is a process of its own, so that only its memory is counted; the app and the clients are this one.</summary>
    private static async Task<bool> IdleSockets()
    {
        var folder = Directory.CreateTempSubdirectory("bench-gateway-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "apps", App));
        await File.WriteAllTextAsync(Path.Combine(folder, "apps", App, "app_meta.json"), $$"""{"v":"1.0","name":"{{App}}","paths":{"":{"access":"public"} } }""");
        await using var app = await SocketApp();
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "PeerRegistry.Api.dll"), .. Unlimited])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["Data__Directory"] = Path.Combine(folder, "data"), ["Listen__Edge"] = "http://127.0.0.1:0", ["Listen__Internal"] = "http://127.0.0.1:0",
                ["Apps__Directory"] = Path.Combine(folder, "apps"), [$"Apps__Upstreams__{App}"] = new Uri(app.Urls.First()).Authority,
            },
        };
        using var registry = Process.Start(start)!;
        registry.BeginErrorReadLine();
        string[] ready = [];
        while (ready.Length == 0 && await registry.StandardOutput.ReadLineAsync() is { } line)
            ready = line.StartsWith("READY ", StringComparison.Ordinal) ? line.Split(' ') : [];
        var (edge, host) = (new Uri(ready[1]["edge=".Length..]), $"{App}.{ready[3]["portal=".Length..][..6]}.portal.localhost");
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System); // until the app is registered
        registry.Refresh();
        var before = registry.WorkingSet64;

        var (open, count) = (new List<Socket>(), Math.Min(Sockets, (OpenFiles() - 600) / 200 * 100)); // each takes two files, in both processes
        while (open.Count < count)
            open.AddRange(await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Upgrade(edge, host))));
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System);
        registry.Refresh();
        var each = (registry.WorkingSet64 - before) / (double)count;
        var all = (before + (each * Sockets)) / 1e6;
        var good = all <= MostSocketMegabytes;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{count:N0} idle WebSockets through the gateway: resident {registry.WorkingSet64 / 1e6:F0} MB, {each / 1024:F1} KiB each, so {all:F0} MB with {Sockets:N0}, of at most {MostSocketMegabytes:F0} MB: {(good ? "pass" : "FAIL")}"));
        open.ForEach(socket => socket.Dispose());
        using (var stop = Process.Start("/bin/sh", ["-c", $"kill -TERM {registry.Id}"]))
            await stop.WaitForExitAsync();
        await registry.WaitForExitAsync();
        if (new DirectoryInfo(Path.Combine(folder, "data/postgres")).ResolveLinkTarget(returnFinalTarget: true) is { } cluster)
            Directory.Delete(cluster.FullName, recursive: true);
        Directory.Delete(folder, recursive: true);
        return good;
    }

    private static int OpenFiles()
    {
        var limit = File.ReadLines("/proc/self/limits").Single(line => line.StartsWith("Max open files", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[3];
        return int.TryParse(limit, CultureInfo.InvariantCulture, out var most) ? Math.Min(most, 1_000_000) : 1_000_000;
    }

    private static async Task<Socket> Upgrade(Uri edge, string host)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(edge.Host, edge.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n\r\n"));
        var answer = new byte[512];
        var read = await socket.ReceiveAsync(answer);
        return Encoding.ASCII.GetString(answer, 0, read).StartsWith("HTTP/1.1 101", StringComparison.Ordinal)
            ? socket
            : throw new InvalidOperationException(Encoding.ASCII.GetString(answer, 0, read));
    }

    private static async Task<WebApplication> SocketApp()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan });
        app.Run(async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await socket.ReceiveAsync(Memory<byte>.Empty, context.RequestAborted);
        });
        await app.StartAsync();
        return app;
    }

    /// <summary>YARP with the destination and the settings of the gateway, and nothing decided.</summary>
    private static async Task<WebApplication> Yarp(string upstream)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddHttpForwarder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseCookies = false, UseProxy = false, ActivityHeadersPropagator = null,
        });
        var forwarder = app.Services.GetRequiredService<IHttpForwarder>();
        var config = new ForwarderRequestConfig { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        app.Run(async context => await forwarder.SendAsync(context, $"http://{upstream}", invoker, config, HttpTransformer.Default));
        await app.StartAsync();
        return app;
    }

    private static Process StartApp(string folder, string listen)
    {
        Directory.CreateDirectory(Path.Combine(folder, "www", "open"));
        using (var file = File.Create(Path.Combine(folder, "www", "open", "big")))
            file.SetLength(1L << 30);
        return Nginx.Start(folder, "app", $$"""
            server {
                listen {{listen}};
                keepalive_requests 100000000;
                client_max_body_size 0;
                location / { return 200 "{{new string('a', 1024)}}"; }
                location /open/big { root {{folder}}/www; }
            }
            """);
    }

    private static async Task<(string Session, string Domain)> Fill(IServiceProvider services, PrivateKey peer)
    {
        await using var scope = services.CreateAsyncScope();
        var (mediator, portal) = (scope.ServiceProvider.GetRequiredService<IMediator>(), services.GetRequiredService<IPortalSnapshots>().All.Single().Portal);
        await new TestStore(services).Append(new Changes(portal.Id, Actor.System, [IdleBench.Mutual(peer.Public)]), default);
        await mediator.Send(new RegisterApp(portal.Id, App, Encoding.UTF8.GetBytes(
            $$"""{"v":"1.0","name":"{{App}}","paths":{"":{"access":"private"},"/open":{"access":"public"},"/upload":{"access":"public"},"/peer":{"access":"peer"} } }""")));
        await mediator.Send(new SetVisibility(portal.Id, App, VisibilityMode.All, []));
        var device = await mediator.Send(new PairDevice(portal.Id, (await mediator.Send(new CreatePairingCode(portal.Id))).Code, "Bench"));
        return ((await mediator.Send(new StartAppSession(portal.Id, App, device.Id, StartAppSession.BearerLife))).Token, portal.Domain);
    }

    private static string Get(string domain, string target, string session) =>
        $"GET {target} HTTP/1.1\r\nHost: {App}.{domain}\r\nUser-Agent: bench\r\nAccept: */*\r\nCookie: theirs=1; __Host-portal-app={session}\r\n\r\n";

    private static string Post(string domain, string target, string fields) =>
        $"POST {target} HTTP/1.1\r\nHost: {App}.{domain}\r\nUser-Agent: bench\r\nContent-Type: text/plain\r\nContent-Length: {Body.Length}\r\n{fields}\r\n{Encoding.ASCII.GetString(Body)}";

    private static IEnumerable<string> Signed(string domain, PrivateKey peer)
    {
        var (now, digest, authority) = (TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), ContentDigest.Field(Body), $"{App}.{domain}");
        for (var i = 0; i < SignedRequests; i++)
        {
            var fields = SignatureMaker.SignRequest(
                peer, "portal-peer", "POST", authority, $"https://{authority}/peer/{i}", digest, now, toOriginal: false);
            yield return Post(domain, $"/peer/{i}", string.Concat(fields.Select(field => $"{field.Key}: {field.Value}\r\n")));
        }
    }

    private static (string Certificate, string Key) Write(X509Certificate2 certificate, string folder)
    {
        var (file, key) = (Path.Combine(folder, "cert.pem"), Path.Combine(folder, "key.pem"));
        File.WriteAllText(file, certificate.ExportCertificatePem());
        File.WriteAllText(key, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return (file, key);
    }

    /// <summary>Verifies who sent a request, and tells the gateway neither the digest of its body nor what an answer would have to be bound to.</summary>
    private sealed class SenderOnly(ISignatures real) : ISignatures
    {
        public async ValueTask<SignatureVerdict> Verify(
            ReceivedRequest request, VerificationPlace place, Func<string, Signer?> find, ReadOnlyMemory<byte>? body, CancellationToken ct) =>
            await real.Verify(request, place, find, body, ct) with { ContentDigest = null, Label = null };

        public IReadOnlyList<KeyValuePair<string, string>> Sign(
            PortalId self, string tag, string method, string authority, string targetUri, ReadOnlySpan<byte> sha256, bool toOriginal) =>
            throw new NotSupportedException();

        public IReadOnlyList<KeyValuePair<string, string>> SignOnce(
            PortalId self, string method, string authority, string targetUri, ReadOnlySpan<byte> sha256, string onceKey) => throw new NotSupportedException();

        public IReadOnlyList<KeyValuePair<string, string>> SignAnswer(
            PortalId self, int status, ReadOnlySpan<byte> body, ReceivedRequest request, string? label) => throw new NotSupportedException();

        public IReadOnlyList<KeyValuePair<string, string>> SignAppAnswer(
            PortalId self, int status, ReadOnlySpan<byte> sha256, ReceivedRequest request, string label) => throw new NotSupportedException();

        public SignatureVerdict VerifyAppAnswer(PublicKey key, int status, IFields answer, ReceivedRequest request) => throw new NotSupportedException();

        public IBodyDigest Digest(string? contentDigest) => throw new NotSupportedException();

        public string? VerifyAnswer(PublicKey key, int status, ReadOnlySpan<byte> body, IFields answer, ReceivedRequest request) =>
            throw new NotSupportedException();
    }
}
