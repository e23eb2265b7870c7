using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.ForwardAuth;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Api.Tests.SignedCalls;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Infrastructure.Forwarding;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Gateway;

/// <summary>The edge with TLS of its own, over HTTP/2 and HTTP/1.1.</summary>
public sealed class TlsListenerTests(TestPostgres postgres) : IAsyncLifetime
{
    private readonly TestCertificate certificate = new(null, "first.test");
    private Neighbourhood zone = null!;
    private LivePortal portal = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        zone = await Neighbourhood.Start(postgres);
        portal = await zone.Move("Ada", arguments:
            ["--Listen:Tls=https://127.0.0.1:0", $"--Listen:Certificate={certificate.File}", $"--Listen:CertificateKey={certificate.KeyFile}"]);
        await portal.Send(new RegisterApp(
            portal.Id, "echo", """{"v":"1.0","name":"echo","paths":{"":{"access":"public"},"/private":{"access":"private"}}}"""u8.ToArray()));
    }

    public async ValueTask DisposeAsync()
    {
        await portal.DisposeAsync();
        await zone.DisposeAsync();
        certificate.Dispose();
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Pages_apps_and_WebSockets_are_served(string version)
    {
        await using var app = await PlainHost.Start(
            context => context.WebSockets.IsWebSocketRequest ? CallPeerTests.EchoSocket(context) : CallPeerTests.Echo(context));
        portal.Serve(new Dictionary<string, string> { ["echo"] = new Uri(app.Urls.First()).Authority });
        using var client = Client(version);
        Assert.Equal(HttpStatusCode.OK, (await client.Get($"https://{portal.Domain}/core/public/meta/whoareyou")).Status);
        var answer = await client.Post($"https://echo.{portal.Domain}/a?b", "{}", ("X-Ptl-Client-Type", "forged"), ("Cookie", "a=1"), ("Cookie", "b=2"));
        Assert.Equal((HttpStatusCode.OK, new Version(version)), (answer.Status, answer.Answer.Version));
        Assert.Equal(("/a?b", 2), (answer.Json.GetProperty("target").GetString(), answer.Json.GetProperty("length").GetInt32()));
        Assert.DoesNotContain("forged", answer.Body, StringComparison.Ordinal);
        Assert.Equal("a=1; b=2", answer.Json.GetProperty("headers").GetProperty("Cookie").GetString());

        Assert.Equal(101 + (version == "2.0" ? 99 : 0), await Upgrade("/socket"));
        Assert.Equal(401, await Upgrade("/private/socket"));

        async Task<int> Upgrade(string path)
        {
            using var socket = Socket(new Version(version));
            try
            {
                await socket.ConnectAsync(new Uri($"wss://echo.{portal.Domain}{path}"), client, Stop);
                await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, Stop);
                Assert.Equal(5, (await socket.ReceiveAsync(new byte[10], Stop)).Count);
            }
            catch (WebSocketException)
            {
                // refused: the status says how
            }

            return (int)socket.HttpStatusCode;
        }
    }

    /// <summary>Browsers send the cookies of a page along when it opens a WebSocket, over HTTP/2, too.</summary>
    [Fact]
    public async Task A_multiplexed_WebSocket_is_opened_by_the_apps_own_page_only()
    {
        await using var app = await PlainHost.Start(CallPeerTests.EchoSocket);
        portal.Serve(new Dictionary<string, string> { ["echo"] = new Uri(app.Urls.First()).Authority });
        using var owner = await portal.Owner();
        var session = (await owner.Post("/core/protected/apps/echo/session")).Json.GetProperty("token").GetString();
        using var client = Client("2.0");
        foreach (var (origin, status) in new[] { ($"https://echo.{portal.Domain}", 200), ("https://evil.example", 403), (null, 403) })
        {
            using var socket = Socket(HttpVersion.Version20);
            socket.Options.SetRequestHeader("Cookie", $"__Host-portal-app={session}");
            if (origin is not null)
                socket.Options.SetRequestHeader("Origin", origin);
            await Record.ExceptionAsync(() => socket.ConnectAsync(new Uri($"wss://echo.{portal.Domain}/private"), client, Stop));
            Assert.Equal(status, (int)socket.HttpStatusCode);
        }
    }

    /// <summary>As a caller of another implementation, since ours uses HTTP/1.1.</summary>
    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_long_answer_to_a_peer_is_signed_in_its_trailers(string version)
    {
        await using var app = await PlainHost.Start(context => context.Response.WriteAsync(new string('l', 200_000), Stop));
        portal.Serve(new Dictionary<string, string> { ["echo"] = new Uri(app.Urls.First()).Authority });
        await using var bob = await zone.Move("Bob");
        await portal.Add(bob);
        await bob.Add(portal);
        await Eventually.Mutual(portal, bob);
        await portal.Send(new SetVisibility(portal.Id, "echo", VisibilityMode.All, []));
        var (signatures, host) = (bob.Services.GetRequiredService<ISignatures>(), $"echo.{portal.Domain}");
        var sent = signatures.Sign(bob.Id, "portal-peer", "GET", host, $"https://{host}/long", SHA256.HashData([]), toOriginal: false);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{host}/long") { Headers = { { "TE", "trailers" } } };
        foreach (var (name, value) in sent)
            request.Headers.TryAddWithoutValidation(name, value);

        using var client = Client(version);
        using var answer = await client.SendAsync(request, Stop);
        Assert.Equal(200_000, (await answer.Content.ReadAsStringAsync(Stop)).Length);
        var verdict = signatures.VerifyAppAnswer(portal.Snapshot.Portal.Key, 200, new MessageFields(answer.TrailingHeaders.NonValidated),
            new ReceivedRequest("GET", "https", host, "/long", new AddedFields(sent)));
        Assert.Null(verdict.Reason);
        Assert.Equal($"sha-256=:{Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes(new string('l', 200_000))))}:", verdict.ContentDigest);
    }

    [Theory]
    [InlineData(30_000, HttpStatusCode.OK)]
    [InlineData(33_000, HttpStatusCode.RequestHeaderFieldsTooLarge)]
    [InlineData(50_000, HttpStatusCode.RequestHeaderFieldsTooLarge)]
    public async Task The_head_of_a_request_over_HTTP_2_has_at_most_32_KiB(int size, HttpStatusCode status)
    {
        await using var app = await PlainHost.Start(_ => Task.CompletedTask);
        portal.Serve(new Dictionary<string, string> { ["echo"] = new Uri(app.Urls.First()).Authority });
        using var client = Client("2.0");
        Assert.Equal(status, (await client.Get($"https://echo.{portal.Domain}/", ("Cookie", "a=" + new string('x', size)))).Status);
    }

    [Fact]
    public async Task A_new_certificate_is_served_and_a_broken_one_is_not()
    {
        Assert.Equal("CN=first.test", await Served());
        using var second = new TestCertificate(null, "second.test");
        File.Copy(second.File, certificate.File, overwrite: true); // without its key
        portal.Zone.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("CN=first.test", await Served());

        File.Copy(second.KeyFile, certificate.KeyFile, overwrite: true);
        portal.Zone.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("CN=second.test", await Served());
    }

    private static ClientWebSocket Socket(Version version) => new()
    {
        Options = { HttpVersion = version, HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact, CollectHttpResponseDetails = true },
    };

    private async Task<string> Served()
    {
        using var connection = new System.Net.Sockets.TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, portal.Tls.Port, Stop);
        await using var tls = new SslStream(connection.GetStream(), false, (_, shown, _, _) => shown is not null);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = portal.Domain }, Stop);
        return tls.RemoteCertificate!.Subject;
    }

    private HttpClient Client(string version) => new(new OfVersion(new Version(version), ProxyProcess.Handler(portal.Tls.Port, anyName: true)));

    private sealed class OfVersion(Version version, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            (request.Version, request.VersionPolicy) = (version, HttpVersionPolicy.RequestVersionExact);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
