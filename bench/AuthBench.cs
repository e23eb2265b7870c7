using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NSec.Cryptography;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.HttpSignatures;
using PeerRegistry.Infrastructure.Keys;
using PeerRegistry.Tests;
using PeerRegistry.Api.Hosting;
using Ed25519PublicKey = NSec.Cryptography.PublicKey;
using PublicKey = PeerRegistry.Domain.Portals.PublicKey;

namespace PeerRegistry.Bench;

/// <summary>
/// <c>/internal/auth</c> with 10,000 peers and 100 apps, on a public path, on a private one with a device's session, and with fresh signatures; against bare
/// Kestrel that answers 200, for signed requests after verifying the same signature; and whether time tells a hidden peer from an unknown one. Both
/// serve in this process, wrk loads them from another
/// with byte-identical requests, one thread, 64 connections.
/// </summary>
internal sealed class AuthBench : IBenchmark
{
    private const int Peers = 10_000;
    private const int Apps = 100;
    private const int Signers = 64;
    private const int SignedRequests = 80_000;
    private const double Target = 0.6;
    private const string App = "app50";

    private readonly PrivateKey[] keys = [.. Enumerable.Range(0, Signers).Select(_ => PrivateKey.Of(Ed25519PrivateKey.Create()))];

    public string Name => "auth";

    public async Task<bool> Run(IReadOnlyList<string> args)
    {
        var data = Directory.CreateTempSubdirectory("peerregistry-bench-").FullName;
        await using var postgres = new ThrowawayPostgres();
        await postgres.InitializeAsync();
        await using var registry = RegistryHost.Build(
        [
            $"--ConnectionStrings:Registry={await postgres.CreateDatabase()}", $"--Data:Directory={data}", "--Listen:Edge=http://127.0.0.1:0",
            "--Listen:Internal=http://127.0.0.1:0",
            "--Logging:LogLevel:Default=Warning",
        ]);
        await registry.StartAsync();
        var bench = new Load(data);
        var (session, domain) = await Fill(registry.Services);
        var verifications = new Dictionary<string, (byte[] Base, byte[] Signature, Ed25519PublicKey Key)>();
        await using var bare = await Bare(verifications);

        var open = Plain(domain, "/open/x?y=z", "");
        var any = bench.Write([open]);
        for (var i = 0; i < 5; i++) // until both are compiled
        {
            await bench.Run(bare.Urls.First(), any);
            await bench.Run(registry.Urls.Last(), any);
        }

        var good = true;
        foreach (var (what, request) in new[]
                 {
                     ("a public path", open),
                     ("a private path with a device's session", Plain(domain, "/x?y=z", $"Cookie: theirs=1; __Host-portal-app={session}\r\n")),
                 })
        {
            var file = bench.Write([request]);
            good &= await Rounds.Compare(
                $"auth, {what}",
                async () => (await bench.Run(bare.Urls.First(), file)).Rate,
                async () => (await bench.Run(registry.Urls.Last(), file)).Rate,
                Target);
        }

        var signed = "";
        good &= await Rounds.Compare(
            "auth, freshly signed",
            async () => (await bench.Run(bare.Urls.First(), signed = bench.Write(Signed(domain, verifications)))).Rate,
            async () => (await bench.Run(registry.Urls.Last(), signed)).Rate,
            Target);
        good &= await Tail(bench, bare.Urls.First(), registry.Urls.Last(), () => bench.Write(Signed(domain, verifications)));
        good &= await Hidden(registry.Services, new Uri(registry.Urls.Last()), domain);
        await registry.StopAsync();
        Directory.Delete(data, recursive: true);
        return good;
    }

    /// <summary>By an app that asks for them, by one that calls them, and by their own calls to it.</summary>
    private async Task<bool> Hidden(IServiceProvider services, Uri core, string domain)
    {
        await using var scope = services.CreateAsyncScope();
        var mediator = scope.ServiceProvider.GetRequiredService<IMediator>();
        var portal = services.GetRequiredService<IPortalSnapshots>().All.Single().Portal.Id;
        await mediator.Send(new SetVisibility(portal, App, VisibilityMode.Some, [TypedPortalId.Of(keys[0].Public.Id)]));
        var token = await mediator.Send(new IssueAppToken(portal, App));
        using var stranger = PrivateKey.Of(Ed25519PrivateKey.Create());
        var (hidden, unknown) = (keys[1], stranger);

        return await HiddenOrUnknown.Compare("shown", core, () => Ask("/protected/peers/", hidden), () => Ask("/protected/peers/", unknown))
            & await HiddenOrUnknown.Compare("called", core, () => Ask("/internal/call_peer/", hidden), () => Ask("/internal/call_peer/", unknown))
            & await HiddenOrUnknown.Compare("calling", core, () => Call(hidden), () => Call(unknown));

        HttpRequestMessage Ask(string path, PrivateKey peer) =>
            new(HttpMethod.Get, path + peer.Public.Id) { Headers = { { "Authorization", "Bearer " + token } } };

        HttpRequestMessage Call(PrivateKey peer)
        {
            var authority = $"{App}.{domain}";
            var request = new HttpRequestMessage(HttpMethod.Get, "/internal/auth")
            {
                Headers =
                {
                    { "X-Forwarded-Proto", "https" }, { "X-Forwarded-Host", authority }, { "X-Forwarded-Uri", "/peer/a" }, { "X-Forwarded-Method", "GET" },
                },
            };
            var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
            foreach (var (name, value) in SignatureMaker.SignRequest(peer, "portal-peer", "GET", authority, $"https://{authority}/peer/a",
                ContentDigest.Field([]), now, toOriginal: false))
                request.Headers.TryAddWithoutValidation(name, value);
            return request;
        }
    }

    /// <summary>The slowest hundredth at half of the highest load.</summary>
    private static async Task<bool> Tail(Load bench, string bare, string registry, Func<string> fresh)
    {
        var most = (await bench.Run(registry, fresh())).Rate;
        var pause = (int)Math.Ceiling(Load.Connections / (most / 2) * 1000);
        var ratios = new List<double>();
        for (var i = 0; i < 3; i++)
        {
            var file = fresh();
            var (without, with) = (await bench.Run(bare, file, pause), await bench.Run(registry, file, pause));
            ratios.Add(with.P99 / without.P99);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"auth, p99 at half load: bare {without.P99:F2} ms at {without.Rate:N0}/s, registry {with.P99:F2} ms at {with.Rate:N0}/s"));
        }

        var good = Rounds.Median(ratios) <= 2;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"auth, p99 at half load: ratio {Rounds.Median(ratios):F2} of at most 2: {(good ? "pass" : "FAIL")}"));
        return good;
    }

    private async Task<(string Session, string Domain)> Fill(IServiceProvider services)
    {
        await using var scope = services.CreateAsyncScope();
        var (mediator, store) = (scope.ServiceProvider.GetRequiredService<IMediator>(), new TestStore(services));
        var portal = services.GetRequiredService<IPortalSnapshots>().All.Single().Portal;
        var known = keys.Select(key => key.Public)
            .Concat(Enumerable.Range(0, Peers - Signers).Select(_ => PublicKey.Ed25519(RandomNumberGenerator.GetBytes(32))))
            .DistinctBy(key => key.Id.Short);
        foreach (var some in known.Chunk(200))
            await store.Append(new Changes(portal.Id, Actor.System, [.. some.Select(Mutual)]), default);
        for (var i = 0; i < Apps; i++)
        {
            var name = $"app{i}";
            await mediator.Send(new RegisterApp(portal.Id, name, Encoding.UTF8.GetBytes(
                $$$"""{"v":"1.0","name":"{{{name}}}","paths":{"":{"access":"private","headers":{"X-Ptl-User":"{{ portal.short_id }}@x"}},"/open":{"access":"public"},"/peer":{"access":"peer","headers":{"X-Ptl-Client-Id":"{{ auth.client_id }}"} } } }""")));
            await mediator.Send(new SetVisibility(portal.Id, name, VisibilityMode.All, []));
        }

        var code = await mediator.Send(new CreatePairingCode(portal.Id));
        var device = await mediator.Send(new PairDevice(portal.Id, code.Code, "Bench"));
        return ((await mediator.Send(new StartAppSession(portal.Id, App, device.Id, StartAppSession.BearerLife))).Token, portal.Domain);
    }

    private static StreamChange Mutual(PublicKey key) => new($"peer-{key.Id.Short}", 0, [
        new PeerAdded(key.Id, TypedPortalId.Parse(key.Id.Value), null, null, $"{key.Id.Short}.portal.localhost", PeerVerification.FullId),
        new PeerKeyPinned(key.Id, key, $"Peer {key.Id.Short}", PeerVerification.FullId, Signed: true),
        new PeeringConfirmed(key.Id),
    ]);

    private static string Plain(string domain, string target, string fields) =>
        "GET /internal/auth HTTP/1.1\r\nHost: portal\r\nUser-Agent: bench\r\nAccept: */*\r\nX-Forwarded-For: 192.0.2.1\r\n"
        + $"X-Forwarded-Proto: https\r\nX-Forwarded-Host: {App}.{domain}\r\nX-Forwarded-Uri: {target}\r\nX-Forwarded-Method: GET\r\n{fields}\r\n";

    /// <summary>Every one fresh; what bare Kestrel verifies is kept under the signature's text.</summary>
    private IEnumerable<string> Signed(string domain, Dictionary<string, (byte[] Base, byte[] Signature, Ed25519PublicKey Key)> verifications)
    {
        verifications.Clear();
        var (now, digest, authority) = (TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), ContentDigest.Field([]), $"{App}.{domain}");
        for (var i = 0; i < SignedRequests; i++)
        {
            var (key, target) = (keys[i % Signers], $"/peer/{i}?tag=home");
            var fields = SignatureMaker.SignRequest(
                key, "portal-peer", "GET", authority, $"https://{authority}{target}", digest, now, toOriginal: false).ToDictionary();
            var (input, signature) = (fields["Signature-Input"]["sig1=".Length..], fields["Signature"]);
            var text = $"\"@method\": GET\n\"@authority\": {authority}\n\"@target-uri\": https://{authority}{target}\n"
                + $"\"content-digest\": {fields["Content-Digest"]}\n\"@signature-params\": {input}";
            verifications[signature] = (Encoding.ASCII.GetBytes(text), Convert.FromBase64String(signature["sig1=:".Length..^1]),
                Ed25519PublicKey.Import(SignatureAlgorithm.Ed25519, key.Public.Ed25519Bytes, KeyBlobFormat.RawPublicKey));
            yield return Plain(domain, target, string.Concat(fields.Select(field => $"{field.Key}: {field.Value}\r\n")));
        }
    }

    private static async Task<WebApplication> Bare(Dictionary<string, (byte[] Base, byte[] Signature, Ed25519PublicKey Key)> verifications)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(context =>
        {
            if (context.Request.Headers.TryGetValue("Signature", out var signature))
            {
                var (signed, bytes, key) = verifications[signature.ToString()];
                context.Response.StatusCode = SignatureAlgorithm.Ed25519.Verify(key, signed, bytes) ? 200 : 500;
            }

            context.Response.ContentLength = 0;
            return Task.CompletedTask;
        });
        await app.StartAsync();
        return app;
    }
}
