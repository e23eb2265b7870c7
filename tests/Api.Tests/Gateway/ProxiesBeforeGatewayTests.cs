using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.ForwardAuth.ProxyConfig;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.ForwardAuth;
using PeerRegistry.Api.Tests.SignedCalls;
using PeerRegistry.Application.Snapshots;

namespace PeerRegistry.Api.Tests.Gateway;

/// <summary>The real proxies before the gateway, with exactly what <c>proxy-config --gateway</c> prints.</summary>
public sealed class ProxiesBeforeGatewayTests(GatewayPair pair) : IClassFixture<GatewayPair>, IDisposable
{
    private static readonly string Long = new('l', 200_000);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => pair.Tunnel.PassTo = null;

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    public async Task Pages_apps_and_WebSockets_pass_as_they_are(string program)
    {
        var app = await pair.App(context => context.WebSockets.IsWebSocketRequest ? CallPeerTests.EchoSocket(context) : CallPeerTests.Echo(context));
        await using var proxy = await Start(program);
        using var client = proxy.Client();
        Assert.Contains(pair.Ada.Id.Value, (await client.Get($"https://{pair.Ada.Domain}/core/public/meta/whoareyou")).Body, StringComparison.Ordinal);
        Assert.Equal("not_authenticated", (await client.Get(pair.Url(app, "/private"))).Code);
        foreach (var target in new[] { "/open?", "/open/%41b?x=%2F..//%5c", "/open//a;b", "/open/a%2Fb" })
        {
            using var answer = await client.GetAsync(
                new Uri(pair.Url(app, target), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }), Stop);
            Assert.Contains($"\"{target}\"", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        }

        var forged = await client.Get(pair.Url(app, "/open"), ("X-Ptl-Client-Type", "forged"), ("X-Forwarded-For", "forged"), ("Connection", "X-Ptl-Client-Type"));
        Assert.DoesNotContain("forged", forged.Body, StringComparison.Ordinal);
        Assert.Contains("\"X-Forwarded-For\":\"127.0.0.1\"", forged.Body, StringComparison.Ordinal);

        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"wss://{app}.{pair.Ada.Domain}/open"), client, Stop);
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, Stop);
        Assert.Equal(5, (await socket.ReceiveAsync(new byte[10], Stop)).Count);
    }

    [Theory]
    [InlineData("caddy", "1")]
    [InlineData("nginx", null)] // passes no trailers on, and says so to the core
    public async Task Answers_to_peers_arrive_verified_where_the_proxy_passes_trailers(string program, string? longOnes)
    {
        var app = await pair.App(async context =>
        {
            var body = context.Request.Path == "/peer/long" ? Long : "short";
            context.Response.ContentLength = body.Length;
            await context.Response.WriteAsync(body, Stop);
        });
        await using var proxy = await Start(program);
        pair.Tunnel.PassTo = proxy.Port;
        using var caller = await pair.Caller(app);

        var (brief, full) = (await caller.Get(pair.Call("/peer/short")), await caller.Get(pair.Call("/peer/long")));
        Assert.Equal(("short", "1"), (brief.Body, brief.Header("X-Ptl-Answer-Verified")));
        Assert.Equal((Long, longOnes), (full.Body, full.Header("X-Ptl-Answer-Verified")));
    }

    /// <summary>As with a public authority, which would count them.</summary>
    [Fact]
    public async Task Caddy_gets_certificates_for_served_hosts_only()
    {
        var app = await pair.App(CallPeerTests.Echo);
        await using var proxy = await ProxyProcess.Caddy(port => GatewayConfig.Caddy(Setup(port) with { Certificate = null, InternalAuthority = true }));
        using var client = proxy.Client();
        Assert.Equal(HttpStatusCode.OK, (await client.Get(pair.Url(app, "/open"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await client.Get($"https://{pair.Ada.Domain}/core/public/meta/whoareyou")).Status);
        foreach (var host in new[] { $"other.{pair.Ada.Domain}", "evil.example", $"x.{app}.{pair.Ada.Domain}" })
            await Assert.ThrowsAsync<HttpRequestException>(() => client.Get($"https://{host}/"));
    }

    private Task<ProxyProcess> Start(string program) => program == "caddy"
        ? ProxyProcess.Caddy(port => GatewayConfig.Caddy(Setup(port)))
        : ProxyProcess.Nginx(port => GatewayConfig.Nginx(Setup(port)));

    private ProxySetup Setup(int port) => PrintedConfiguration.Setup(
        pair.Ada.Services.GetRequiredService<IPortalSnapshots>().All, pair.Ada.Edge.Authority, pair.Ada.Internal.Authority, port,
        new Dictionary<string, string>(), pair.Certificate);
}
