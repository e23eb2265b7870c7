using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using PeerRegistry.Api.Tests.Common;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>A connection to an app becomes a WebSocket or stays HTTP/1.1: through any other protocol, requests would pass that nobody judged.</summary>
public sealed class UpgradeTests(TwoPortals two) : IClassFixture<TwoPortals>
{
    private const string Public = """{ "": { "access": "public" } }""";
    private const string Settings = "HTTP2-Settings: AAMAAABkAAQAAP__";

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task An_upgrade_to_h2c_does_not_reach_the_app(string program)
    {
        await using var hypercorn = await Hypercorn.Start();
        var app = await two.App(Public);
        var host = $"{app}.{two.Ada.Domain}";
        await using var rig = await LiveProxyRig.Start(program, two.Ada, app, $"http://127.0.0.1:{hypercorn.Port}");
        Assert.StartsWith("HTTP/1.1 101", await hypercorn.Upgrade(Settings), StringComparison.Ordinal); // it does, when asked

        foreach (var upgrade in new string[][]
                 {
                     ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", Settings],
                     ["Connection: Upgrade", "Connection: HTTP2-Settings", "Upgrade: h2c", Settings],
                     ["Connection: keep-alive, upgrade, http2-settings", "Upgrade: H2C", Settings],
                     ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c, websocket", Settings],
                     ["Connection: Upgrade, HTTP2-Settings", "Upgrade: websocket, h2c", Settings],
                     ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "Upgrade: websocket", Settings],
                     ["Connection: Upgrade, HTTP2-Settings", "Upgrade: websocket", "Upgrade: h2c", Settings],
                     ["Connection: HTTP2-Settings", "Upgrade: h2c", Settings],
                     ["Upgrade: h2c", Settings],
                 })
        {
            var answer = await rig.Send(host, ["GET / HTTP/1.1", $"Host: {host}", .. upgrade]);
            Assert.True(answer.Status is not (0 or 101), $"{string.Join(" | ", upgrade)}: {answer.Head}");
            if (answer.Status == 200)
                Assert.DoesNotContain("h2c", answer.Body, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("http2-settings", answer.Body, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [InlineData("h2c")]
    [InlineData("H2C")]
    [InlineData("TLS/1.2")]
    [InlineData("websocket, h2c")]
    [InlineData("connect-udp")]
    public async Task A_forward_auth_request_for_an_upgrade_other_than_WebSocket_is_refused(string upgrade)
    {
        var app = await two.App(Public);
        var refused = await two.Ask(app, "/", headers: ("Upgrade", upgrade));
        Assert.Equal((HttpStatusCode.BadRequest, "upgrade_unsupported"), (refused.Status, refused.Code));
        var byNginx = await two.Ask(app, "/", path: "/internal/auth/nginx", headers: ("Upgrade", upgrade));
        Assert.Equal((HttpStatusCode.Forbidden, "upgrade_unsupported"), (byNginx.Status, byNginx.Header("X-Portal-Code")));

        Assert.Equal(HttpStatusCode.OK, (await two.Ask(app, "/", headers: ("Upgrade", "WebSocket"))).Status);
    }

    /// <summary>Debian's Hypercorn with an app that answers with the protocol and the headers that reached it.</summary>
    private sealed class Hypercorn : IAsyncDisposable
    {
        private const string App = """
            async def app(scope, receive, send):
                if scope["type"] == "lifespan":
                    while True:
                        message = await receive()
                        await send({"type": message["type"] + ".complete"})
                        if message["type"] == "lifespan.shutdown":
                            return
                if scope["type"] != "http":
                    return
                body = (scope["http_version"] + " " + repr(scope["headers"])).encode()
                await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
                await send({"type": "http.response.body", "body": body})
            """;

        private readonly string folder = Directory.CreateTempSubdirectory("hypercorn-").FullName;
        private readonly Process process;

        private Hypercorn(int port)
        {
            Port = port;
            File.WriteAllText(Path.Combine(folder, "echo.py"), App);
            process = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-m", "hypercorn", "--bind", $"127.0.0.1:{port}", "echo:app"])
            {
                WorkingDirectory = folder,
                RedirectStandardError = true,
            })!;
        }

        public int Port { get; }

        public static async Task<Hypercorn> Start()
        {
            var hypercorn = new Hypercorn(ProxyProcess.FreePort());
            var said = hypercorn.process.StandardError.ReadToEndAsync();
            await ProxyProcess.UntilAnswers("hypercorn", hypercorn.process, hypercorn.Port, said);
            return hypercorn;
        }

        /// <returns>The head of the answer to a request for an upgrade that reaches it without a proxy.</returns>
        public async Task<string> Upgrade(string settings)
        {
            using var connection = new TcpClient();
            await connection.ConnectAsync(IPAddress.Loopback, Port, TestContext.Current.CancellationToken);
            await using var stream = connection.GetStream();
            await stream.WriteAsync(
                System.Text.Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n{settings}\r\n\r\n"),
                TestContext.Current.CancellationToken);
            var buffer = new byte[1000];
            return System.Text.Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer, TestContext.Current.CancellationToken));
        }

        public async ValueTask DisposeAsync()
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
            Directory.Delete(folder, recursive: true);
        }
    }
}
