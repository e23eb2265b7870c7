using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.ForwardAuth;
using PeerRegistry.Api.ForwardAuth.ProxyConfig;
using PeerRegistry.Api.Tests.Common;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>A real proxy, one app's container that is there, one that is not.</summary>
public sealed class MissingContainerTests
{
    private const string Domain = "abcdef.portal.test";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    public async Task A_missing_container_affects_only_its_own_app(string program)
    {
        await using var core = await PlainHost.Start(context =>
        {
            context.Response.StatusCode = context.Request.Path == AppAway.Path ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
            return context.Response.WriteAsync($"the core, {context.Request.Method} {context.Request.Host.Host}");
        });
        await using var app = await PlainHost.Start(context => context.Response.WriteAsync("here " + context.Request.Path + context.Request.QueryString));
        await using var proxy = await Start(program, core, "127.0.0.1:9", ("there", Authority(app)), ("gone", "no-such-container:80"));
        using var client = proxy.Client();

        Assert.Equal("here /a", await client.GetStringAsync($"https://there.{Domain}/a", Stop));
        using var gone = await client.PostAsync($"https://gone.{Domain}/a", new StringContent("a body"), Stop);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, $"the core, GET gone.{Domain}"), (gone.StatusCode, await gone.Content.ReadAsStringAsync(Stop)));
        Assert.Equal($"the core, GET nobody.{Domain}", await client.GetStringAsync($"https://nobody.{Domain}/", Stop));
    }

    /// <summary>nginx hands the target on to the byte, though the upstream is a variable, and finds a container that starts later.</summary>
    [Fact]
    public async Task Nginx_resolves_a_containers_name_when_a_request_arrives()
    {
        await using var core = await PlainHost.Start(_ => Task.CompletedTask);
        await using var app = await PlainHost.Start(context => context.Response.WriteAsync(
            context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget));
        await using var names = new NameServer("web_notes");
        await using var proxy = await Start("nginx", core, $"127.0.0.1:{names.Port}", ("notes", $"web_notes:{new Uri(app.Urls.First()).Port}"));
        using var client = proxy.Client();

        foreach (var target in new[] { "/", "/%7Euser/%41?x=%2F..//%5c", "/a?" })
        {
            var uri = new Uri($"https://notes.{Domain}{target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
            Assert.Equal(target, await client.GetStringAsync(uri, Stop));
        }
    }

    private static string Authority(WebApplication server) => new Uri(server.Urls.First()).Authority;

    private static async Task<ProxyProcess> Start(string program, WebApplication core, string resolver, params (string Name, string Upstream)[] apps)
    {
        using var authority = new TestAuthority();
        var certificate = authority.Certify($"*.{Domain}", Domain);
        var files = Directory.CreateTempSubdirectory("peerregistry-cert-");
        var (pem, key) = (Path.Combine(files.FullName, "cert.pem"), Path.Combine(files.FullName, "key.pem"));
        await File.WriteAllTextAsync(pem, certificate.ExportCertificatePem(), Stop);
        await File.WriteAllTextAsync(key, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(), Stop);
        ProxySetup Setup(int port) => new(
            [new ProxiedPortal(Domain, [.. apps.Select(app => new ProxiedApp(app.Name, app.Upstream, "secret"))],
                ["X-Ptl-Client-Type", "X-Ptl-Client-Id", "X-Ptl-Client-Name"])],
            Authority(core), Authority(core), port, InternalAuthority: false, pem, key) { Resolver = resolver };
        try
        {
            return program == "caddy"
                ? await ProxyProcess.Caddy(port => CaddyConfig.Write(Setup(port)))
                : await ProxyProcess.Nginx(port => NginxConfig.Write(Setup(port)));
        }
        finally
        {
            files.Delete(recursive: true); // both programs read them once, at their start
        }
    }

    /// <summary>A DNS server (RFC 1035) that knows one name, at 127.0.0.1.</summary>
    private sealed class NameServer : IAsyncDisposable
    {
        private readonly UdpClient socket = new(new IPEndPoint(IPAddress.Loopback, 0));
        private readonly string name;
        private readonly Task answering;

        public NameServer(string name)
        {
            this.name = name;
            answering = Answer();
        }

        public int Port => ((IPEndPoint)socket.Client.LocalEndPoint!).Port;

        public async ValueTask DisposeAsync()
        {
            socket.Dispose();
            await answering;
        }

        private async Task Answer()
        {
            try
            {
                while (true)
                {
                    var asked = await socket.ReceiveAsync(Stop);
                    var question = asked.Buffer.AsSpan(12, asked.Buffer.AsSpan(12).IndexOf((byte)0) + 5).ToArray();
                    var known = Encoding.ASCII.GetString(question, 1, question[0]) == name && question[^3] == 1; // type A
                    byte[] head = [asked.Buffer[0], asked.Buffer[1], 0x81, 0x80, 0, 1, 0, (byte)(known ? 1 : 0), 0, 0, 0, 0];
                    byte[] answer = known ? [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1] : [];
                    await socket.SendAsync((byte[])[.. head, .. question, .. answer], asked.RemoteEndPoint, Stop);
                }
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException or OperationCanceledException)
            {
                // the test is over
            }
        }
    }
}
