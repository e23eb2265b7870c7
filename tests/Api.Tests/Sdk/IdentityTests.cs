using System.Globalization;
using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Apps;
using PeerRegistry.Client;
using PeerRegistry.Client.Identity;
using PeerRegistry.Fake;

namespace PeerRegistry.Api.Tests.Sdk;

/// <summary>An ASP.NET Core app with <c>AddPortal()</c>, behind the registry's own gateway and behind the fake's proxy.</summary>
[Collection(nameof(RealCore))]
public sealed class IdentityTests(RealCore real)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Behind_the_gateway_the_caller_is_known_and_a_signed_body_is_read()
    {
        await using var server = await AppServer.Start(null);
        var app = await real.Pair.App(new Uri(server.Url).Authority);
        server.Portal.Core = real.Pair.Ada.Internal;
        server.Portal.Token = await real.Pair.Ada.Send(new IssueAppToken(real.Pair.Ada.Id, app));
        using var bob = new PortalClient(new PortalOptions { Core = real.Core, Token = await real.Pair.Bob.Send(new IssueAppToken(real.Pair.Bob.Id, app)) });

        using var answer = await bob.Caller(real.Pair.Ada.Id.Value).PostAsync("/peer/read", new StringContent("Grüße"), Stop);
        Assert.Equal($"peer {real.Pair.Bob.Id} Bob Grüße", await answer.Content.ReadAsStringAsync(Stop));
        using var unsigned = await real.Pair.Anybody.GetAsync(real.Pair.Url(app, "/open"), Stop);
        Assert.Equal("nobody", await unsigned.Content.ReadAsStringAsync(Stop));
        using var owner = new HttpRequestMessage(HttpMethod.Get, real.Pair.Url(app, "/who"));
        var session = await real.Pair.Session(app);
        owner.Headers.TryAddWithoutValidation(session.Name, session.Value);
        using var own = await real.Pair.Anybody.SendAsync(owner, Stop);
        Assert.EndsWith(" Laptop", await own.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);

        using var changed = new HttpRequestMessage(HttpMethod.Post, real.Pair.Url(app, "/peer/read")) { Content = new StringContent("other") };
        foreach (var (name, value) in real.Pair.Signed(app, "/peer/read", "POST", SHA256.HashData("Grüße"u8)))
            changed.Headers.TryAddWithoutValidation(name, value);
        using var refused = await real.Pair.Anybody.SendAsync(changed, Stop);
        Assert.False(refused.IsSuccessStatusCode);
        Assert.Equal("Grüße", server.LastRead); // and never the other
    }

    [Fact]
    public async Task Nobody_gets_around_the_proxy()
    {
        await using var rig = await Rig.Start();
        foreach (var secret in new[] { Sent.Wrong, Sent.Absent })
        {
            using var around = rig.Fake.Client(FakeCaller.Owner() with { Secret = secret });
            Assert.Equal(HttpStatusCode.Forbidden, (await around.Get("/open")).Status);
        }

        using var direct = new HttpClient { BaseAddress = new Uri(rig.App.Url) };
        var twice = await direct.Get("/open", ("X-Ptl-Proxy-Secret", rig.Fake.ProxySecret), ("X-Ptl-Proxy-Secret", "x"));
        Assert.Equal(HttpStatusCode.Forbidden, twice.Status);
        Assert.Equal("nobody", (await direct.Get("/open", ("X-Ptl-Proxy-Secret", rig.Fake.ProxySecret))).Body);
    }

    [Fact]
    public async Task Each_caller_has_its_role_and_its_name()
    {
        await using var rig = await Rig.Start();
        using var owner = rig.Fake.Client(FakeCaller.Owner("Läptop 🐈"));
        Assert.Equal("terminal d1 Läptop 🐈", (await owner.Get("/who")).Body);
        using var peer = rig.Fake.Client(FakeCaller.Peer(rig.Peer));
        Assert.Equal($"peer {rig.Peer.Id} Ben ", (await peer.Post("/peer/read")).Body);
        using var anybody = rig.Fake.Client(FakeCaller.Anonymous);
        Assert.Equal("nobody", (await anybody.Get("/open")).Body);
        Assert.Equal(HttpStatusCode.Unauthorized, (await anybody.Post("/peer/read")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await owner.Post("/peer/read")).Status);
    }

    [Theory]
    [InlineData(Sent.Right, false, 200)]
    [InlineData(Sent.Wrong, false, 400)]
    [InlineData(Sent.Absent, false, 400)]
    [InlineData(Sent.Wrong, true, 200)] // the core has compared it
    public async Task A_peers_body_that_differs_cannot_be_read_to_its_end(Sent digest, bool verified, int status)
    {
        await using var rig = await Rig.Start();
        using var peer = rig.Fake.Client(FakeCaller.Peer(rig.Peer) with { Digest = digest, BodyVerified = verified });
        foreach (var path in new[] { "/peer/read", "/peer/json", "/peer/exactly" })
        {
            foreach (var chunked in new[] { false, true })
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, path);
                request.Content = new StringContent("""{"text":"Greetings"}""", Encoding.UTF8, "application/json");
                request.Headers.TransferEncodingChunked = chunked && path != "/peer/exactly"; // who reads no end needs a length
                using var answer = await peer.SendAsync(request, Stop);
                Assert.Equal((path, status), (path, (int)answer.StatusCode));
            }
        }
    }

    [Theory]
    [InlineData("sha-256=:{0}:", true)]
    [InlineData("sha-512=:{1}:, sha-256=:{0}:", true)]
    [InlineData("sha-512=:{1}:", true)]
    [InlineData("sha-512=:{0}:, sha-256=:{0}:", false)]
    [InlineData("md5=:{0}:", false)]
    [InlineData("sha-256=:!:", false)]
    [InlineData("sha-256={0}", false)]
    public async Task Every_digest_that_is_understood_has_to_match(string field, bool matches)
    {
        await using var rig = await Rig.Start();
        using var direct = new HttpClient { BaseAddress = new Uri(rig.App.Url) };
        var body = "{}"u8;
        var digest = string.Format(
            CultureInfo.InvariantCulture, field, Convert.ToBase64String(SHA256.HashData(body)), Convert.ToBase64String(SHA512.HashData(body)));
        var said = await direct.Post(
            "/peer/read", "{}", ("X-Ptl-Proxy-Secret", rig.Fake.ProxySecret), ("X-Ptl-Client-Type", "peer"), ("X-Ptl-Client-Id", rig.Peer.Id),
            ("Content-Digest", digest));
        Assert.Equal(matches, said.Status == HttpStatusCode.OK);
    }

    /// <summary>The app behind the fake.</summary>
    private sealed record Rig(FakePortal Fake, AppServer App, FakePeer Peer) : IAsyncDisposable
    {
        public static async Task<Rig> Start()
        {
            var options = new FakeOptions();
            var fake = await FakePortal.Start(options);
            var app = await AppServer.Start(fake);
            options.AppUrl = new Uri(app.Url);
            return new Rig(fake, app, fake.AddPeer("Ben"));
        }

        public async ValueTask DisposeAsync()
        {
            await App.DisposeAsync();
            await Fake.DisposeAsync();
        }
    }

    private sealed class AppServer(WebApplication host, PortalOptions portal) : IAsyncDisposable
    {
        public string Url => host.Urls.First();

        public PortalOptions Portal => portal;

        public string? LastRead { get; private set; }

        public static async Task<AppServer> Start(FakePortal? fake)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
            var portal = new PortalOptions { Core = fake?.Core ?? new Uri("http://set.later"), Token = fake?.Token };
            builder.Services.AddSingleton(portal);
            builder.Services.AddAuthentication().AddPortal();
            builder.Services.AddAuthorization();
            var host = builder.Build();
            var server = new AppServer(host, portal);
            host.MapGet("/open", (ClaimsPrincipal user) => user.Identity!.IsAuthenticated ? Who(user) : "nobody");
            host.MapGet("/who", Who).RequireAuthorization(policy => policy.RequireRole(PortalRoles.Owner));
            var peers = host.MapGroup("/peer").RequireAuthorization(policy => policy.RequireRole(PortalRoles.Peer));
            peers.MapPost("/read", server.Read);
            peers.MapPost("/json", (JsonElement body) => body.GetProperty("text").GetString());
            peers.MapPost("/exactly", async (HttpRequest request) =>
            {
                await request.Body.ReadExactlyAsync(new byte[(int)request.ContentLength!]);
                return "read";
            });
            await host.StartAsync();
            return server;
        }

        public async ValueTask DisposeAsync() => await host.DisposeAsync();

        private static string Who(ClaimsPrincipal user) =>
            $"{user.FindFirstValue(ClaimTypes.Role)} {user.FindFirstValue(ClaimTypes.NameIdentifier)} {user.Identity!.Name}";

        private async Task<string> Read(HttpRequest request)
        {
            using var reader = new StreamReader(request.Body);
            LastRead = await reader.ReadToEndAsync();
            return $"{Who(request.HttpContext.User)} {LastRead}";
        }
    }
}
