using System.Net.Http.Json;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using PeerRegistry.Api.Http;

namespace PeerRegistry.Api.Tests.ForwardAuth;

public sealed class CaddyTests : ProxyTests
{
    protected override string Program => "caddy";
}

public sealed class NginxTests : ProxyTests
{
    protected override string Program => "nginx";
}

/// <summary>What holds behind every proxy that we write a configuration for, tried with the real program.</summary>
public abstract class ProxyTests : IAsyncLifetime
{
    protected abstract string Program { get; }

    internal ProxyRig Rig { get; private set; } = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Rig = await ProxyRig.Start(Program);

    public ValueTask DisposeAsync() => Rig.DisposeAsync();

    [Fact]
    public async Task Only_the_cores_identity_headers_arrive_whatever_the_caller_sends()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Rig.At("/a"));
        string[] spellings = ["X-Ptl-Client-Id", "x-ptl-client-id", "X_Ptl_Client_Id", "x.ptl.client.id", "X-Ptl_Client-Id", "X_Ptl-Client.Id", "X-Ptl-Mail"];
        foreach (var name in spellings)
            request.Headers.TryAddWithoutValidation(name, "forged");
        request.Headers.TryAddWithoutValidation("Cookie", "owner=forged");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer forged");
        request.Headers.TryAddWithoutValidation("Content-Digest", "forged");
        request.Headers.TryAddWithoutValidation("X-Forwarded-Uri", "/forged");
        request.Headers.TryAddWithoutValidation("X-Forwarded-Host", "forged");
        request.Headers.TryAddWithoutValidation("X-Forwarded-Proto", "forged");
        request.Headers.TryAddWithoutValidation("X-Forwarded-Method", "forged");
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", "forged");

        using var response = await Rig.Client.SendAsync(request, Stop);
        var seen = (await response.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("headers");
        var headers = seen.EnumerateObject().ToDictionary(header => header.Name, header => header.Value.GetString()!, StringComparer.OrdinalIgnoreCase);

        Assert.DoesNotContain("forged", seen.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(("peer", "real-id", "Zoë 日本"), (headers["X-Ptl-Client-Type"], headers["X-Ptl-Client-Id"], headers["X-Ptl-Client-Name"]));
        Assert.Equal(("app=1", "sha-256=:verified:"), (headers["Cookie"], headers["Content-Digest"]));
        Assert.Equal(["X-Ptl-Client-Id", "X-Ptl-Client-Name", "X-Ptl-Client-Type"],
            headers.Keys.Where(Aliases).Where(name => name is not ("X-Ptl-Mail" or "X-Ptl-Proxy-Secret")).Order(StringComparer.Ordinal));
        var ask = Assert.Single(Rig.Asks);
        Assert.Equal(("GET", $"{ProxyRig.Host}:{Rig.Port}", "/a", "", "https"), (ask.Method, ask.Host, ask.Target, ask.Query, ask.Proto));
    }

    [Theory]
    [InlineData("/nobody", 401)]
    [InlineData("/login", 303)]
    [InlineData("/forbidden", 403)]
    [InlineData("/nothing", 404)]
    [InlineData("/busy", 503)]
    [InlineData("/a%2Fb", 400)]
    public async Task A_refusal_arrives_unchanged_and_nothing_reaches_the_app(string target, int status)
    {
        using var response = await Rig.Client.PostAsync(Rig.At(target), new StringContent("body"), Stop);

        Assert.Equal((status, $"the core says {status}"), ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Stop)));
        Assert.Equal(status == 303, response.Headers.Location is not null);
        Assert.Single(Rig.Asks);
        Assert.Empty(Rig.Arrived);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/a?x=1&y")]
    [InlineData("/a?")]
    [InlineData("/%7Euser/%41?x=%2F..//%5c")]
    [InlineData("/caf%c3%a9/(1)'*!$&,=:@")]
    [InlineData("/private?/public")]
    [InlineData("/a?query=/internal/auth")]
    [InlineData("/a/../b")]
    [InlineData("/a//b")]
    [InlineData("//a")]
    [InlineData("/a/%2e%2e/b")]
    [InlineData("/a;b")]
    [InlineData("/a%00b")]
    [InlineData("/a%")]
    [InlineData("/a\\b")]
    public async Task The_app_receives_byte_for_byte_the_target_that_was_authorized(string target)
    {
        using var response = await Rig.Client.GetAsync(Rig.At(target), Stop);

        Assert.Equal(response.IsSuccessStatusCode ? [.. Rig.Asks.Select(ask => ask.Target)] : [], Rig.Arrived);
        Assert.Equal("", Rig.Asks.SingleOrDefault()?.Query.TrimStart('?') ?? "");
    }

    [Fact]
    public async Task Every_admitted_target_is_the_one_that_was_authorized()
    {
        string[] pieces = ["/", "/", "a", "B", ".", "..", "%2e", "%2F", "%5c", "%00", ";", "?", "&", "=", "%41", "%c3%a9", "%", "~", "nobody", ".portal", "+",
        "%20", "'", "\\", "|", "%25", "%252F"];
        for (var i = 0; i < 400; i++)
        {
            var dice = SHA256.HashData(BitConverter.GetBytes(i)); // the same targets every time
            var target = "/" + string.Concat(dice.Take(1 + (dice[31] % 8)).Select(die => pieces[die % pieces.Length]));
            Rig.Asks.Clear();
            Rig.Arrived.Clear();

            using var response = await Rig.Client.GetAsync(Rig.At(target), Stop);

            foreach (var arrived in Rig.Arrived)
                Assert.Equal(Assert.Single(Rig.Asks).Target, arrived);
        }
    }

    [Theory]
    [InlineData("/.portal/session?ticket=1")]
    [InlineData("/.portal/")]
    [InlineData("/.Portal/x")]
    public async Task The_cores_own_path_goes_to_the_core(string target)
    {
        using var response = await Rig.Client.GetAsync(Rig.At(target), Stop);

        Assert.StartsWith("edge /.", await response.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        Assert.Empty(Rig.Arrived);
    }

    [Fact]
    public async Task The_Portals_own_host_goes_to_the_edge_without_forward_auth()
    {
        using var response = await Rig.Client.GetAsync(Rig.At("/core/public/meta/whoareyou", "abcdef.portal.test"), Stop);

        Assert.Equal("edge /core/public/meta/whoareyou", await response.Content.ReadAsStringAsync(Stop));
        Assert.Empty(Rig.Asks);
    }

    [Fact]
    public async Task A_WebSocket_is_admitted_with_one_forward_auth_request()
    {
        using var socket = Socket();
        await socket.ConnectAsync(new UriBuilder(Rig.At("/socket?x=1")) { Scheme = "wss", Host = "localhost" }.Uri, Stop);
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, Stop);
        var buffer = new byte[10];
        var answer = await socket.ReceiveAsync(buffer, Stop);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", Stop);

        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, answer.Count));
        Assert.Equal("GET", Assert.Single(Rig.Asks).Method);

        using var refused = Socket();
        await Assert.ThrowsAsync<WebSocketException>(() =>
            refused.ConnectAsync(new UriBuilder(Rig.At("/nobody")) { Scheme = "wss", Host = "localhost" }.Uri, Stop));
        Assert.Single(Rig.Arrived);
    }

    [Fact]
    public async Task HEAD_and_a_preflight_keep_their_methods()
    {
        using var head = await Rig.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, Rig.At("/a")), Stop);
        using var preflight = new HttpRequestMessage(HttpMethod.Options, Rig.At("/a"));
        preflight.Headers.Add("Origin", "https://elsewhere.test");
        preflight.Headers.Add("Access-Control-Request-Method", "PUT");
        using var response = await Rig.Client.SendAsync(preflight, Stop);

        Assert.Empty(await head.Content.ReadAsByteArrayAsync(Stop));
        Assert.Contains("Access-Control-Request-Method", await response.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        Assert.Equal(["HEAD", "OPTIONS"], Rig.Asks.Select(ask => ask.Method));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_large_upload_arrives_complete_without_passing_through_the_core(bool expect)
    {
        var body = new byte[40 << 20];
        RandomNumberGenerator.Fill(body);
        using var request = new HttpRequestMessage(HttpMethod.Put, Rig.At("/upload")) { Content = new ByteArrayContent(body) };
        request.Headers.ExpectContinue = expect;

        using var response = await Rig.Client.SendAsync(request, Stop);
        var seen = await response.Content.ReadFromJsonAsync<JsonElement>(Stop);

        Assert.Equal(Convert.ToBase64String(SHA256.HashData(body)), seen.GetProperty("sha256").GetString());
        Assert.Equal(("PUT", false), (Rig.Asks.Single().Method, Rig.Asks.Single().HasBody));
    }

    private static bool Aliases(string name) => name.Replace('_', '-').Replace('.', '-').StartsWith("X-Ptl", StringComparison.OrdinalIgnoreCase);

    private static ClientWebSocket Socket()
    {
        var socket = new ClientWebSocket();
        socket.Options.RemoteCertificateValidationCallback = (_, _, _, errors) => !errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable);
        socket.Options.SetRequestHeader("Host", ProxyRig.Host);
        return socket;
    }
}
