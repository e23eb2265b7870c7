using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Api.Tests.SignedCalls;

public sealed class CallPeerTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "/")]
    [InlineData("?q=1", "/?q=1")]
    [InlineData("/", "/")]
    [InlineData("/a", "/a")]
    [InlineData("/a/?", "/a/?")]
    [InlineData("/%7Euser/%41%2d?x=%2F..//%5c&y=a+b&z=%zz", "/%7Euser/%41%2d?x=%2F..//%5c&y=a+b&z=%zz")]
    [InlineData("/caf%c3%a9/~x/(1)'*!$&,=:@", "/caf%c3%a9/~x/(1)'*!$&,=:@")]
    [InlineData("/a?x={1}|^`\"<>[]\\", "/a?x={1}|^`\"<>[]\\")]
    public async Task The_target_arrives_to_the_byte_and_is_what_was_signed(string rest, string target)
    {
        await using var rig = await CallRig.Start(Echo);

        var seen = await Get(rig, rest);

        Assert.Equal(target, seen.GetProperty("target").GetString());
        Assert.Equal($"GET mail.{CallRig.Key.Id.Short}.example https://mail.{CallRig.Key.Id.Short}.example{target}", Header(seen, "Signature"));
        Assert.Equal("portal-peer", Header(seen, "Signature-Input"));
        Assert.Equal($"mail.{CallRig.Key.Id.Short}.example", Header(seen, "Host"));
    }

    [Theory]
    [InlineData("/a/../b")]
    [InlineData("/a/%2e%2e/b")]
    [InlineData("/a//b")]
    [InlineData("//evil.example/a")]
    [InlineData("/../../../protected/proxy-secret")]
    [InlineData("/%2e%2e/%2E./../protected/peers")]
    [InlineData("/a%2Fb")]
    [InlineData("/a%5Cb")]
    [InlineData("/a\\b")]
    [InlineData("/a;b")]
    [InlineData("/a%0d%0aX")]
    [InlineData("/a%FF")]
    [InlineData("/a%")]
    public async Task An_ambiguous_path_is_refused(string rest)
    {
        await using var rig = await CallRig.Start(Echo);

        await Refused(rig, 400, "path_ambiguous", new HttpRequestMessage(HttpMethod.Get, rig.Call(rest)));
    }

    [Theory]
    [InlineData("x%40evil.example%23", "peer_unknown")]
    [InlineData("a:b%40127.0.0.1:8443%23", "peer_unknown")]
    [InlineData("evil.example", "peer_unknown")]
    [InlineData("..", "peer_unknown")]
    [InlineData("zzzzzz", "peer_unknown")]
    [InlineData("%61bcdef", "peer_unknown")]
    public async Task The_id_cannot_name_another_host(string id, string code)
    {
        await using var rig = await CallRig.Start(Echo);

        await Refused(rig, 404, code, new HttpRequestMessage(HttpMethod.Get, rig.Call("/a", id)));
        Assert.Empty(rig.LookedUp);
    }

    [Fact]
    public async Task The_short_id_is_enough()
    {
        await using var rig = await CallRig.Start(Echo);

        using var response = await rig.Client.GetAsync(rig.Call("/a", CallRig.Key.Id.Short.Value), Stop);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("GET", false)]
    [InlineData("POST", true)]
    [InlineData("PUT", true)]
    [InlineData("PATCH", true)]
    [InlineData("DELETE", false)]
    [InlineData("OPTIONS", false)]
    [InlineData("PROPFIND", true)]
    [InlineData("REPORT", true)]
    public async Task Every_method_passes(string method, bool body)
    {
        await using var rig = await CallRig.Start(Echo);
        using var request = new HttpRequestMessage(new HttpMethod(method), rig.Call("/a"));
        if (body)
            request.Content = new StringContent("{}", Encoding.UTF8, "application/json");

        using var response = await rig.Client.SendAsync(request, Stop);
        var seen = await response.Content.ReadFromJsonAsync<JsonElement>(Stop);

        Assert.Equal(method, seen.GetProperty("method").GetString());
        Assert.Equal(body ? "application/json; charset=utf-8" : null, Header(seen, "Content-Type"));
        Assert.Equal($"sha-256=:{Convert.ToBase64String(SHA256.HashData(body ? "{}"u8 : []))}:", Header(seen, "Content-Digest"));
    }

    [Fact]
    public async Task A_method_that_changes_on_the_way_is_refused()
    {
        await using var rig = await CallRig.Start(Echo);

        await Refused(rig, 400, "method_invalid", new HttpRequestMessage(new HttpMethod("Frob"), rig.Call("/a")));
    }

    [Fact]
    public async Task An_upgrade_to_another_protocol_than_WebSocket_is_not_passed_on()
    {
        await using var rig = await CallRig.Start(Echo);
        using var request = new HttpRequestMessage(HttpMethod.Get, rig.Call("/a")) { Headers = { { "Connection", "Upgrade" }, { "Upgrade", "SPDY/3.1" } } };

        using var response = await rig.Client.SendAsync(request, Stop);
        var seen = await response.Content.ReadFromJsonAsync<JsonElement>(Stop);

        Assert.Null(Header(seen, "Upgrade"));
    }

    [Fact]
    public async Task The_reason_phrase_is_the_standard_one_whatever_the_peer_says()
    {
        await using var rig = await CallRig.StartScripted((_, stream) => ScriptedPeer.Write(stream, "HTTP/1.1 200 Fine\r\nContent-Length: 0\r\n\r\n"));

        using var response = await rig.Client.GetAsync(rig.Call("/a"), Stop);

        Assert.Equal((HttpStatusCode.OK, "OK"), (response.StatusCode, response.ReasonPhrase));
    }

    [Fact]
    public async Task Only_allowed_headers_are_forwarded()
    {
        await using var rig = await CallRig.Start(Echo);
        using var request = new HttpRequestMessage(HttpMethod.Get, rig.Call("/a"));
        string[] passing = ["Accept-Language", "Cookie", "X-Custom", "User-Agent", "Range", "If-None-Match"];
        string[] staying =
        [
            "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X_Forwarded_Proto", "X-Ptl-Client-Id", "x_ptl_client_id", "x.ptl.client.id",
            "X-Ptl-Anything", "Accept-Signature", "Keep-Alive", "TE", "Proxy-Connection", "X-Named",
        ];
        foreach (var name in passing.Concat(staying))
            request.Headers.TryAddWithoutValidation(name, name == "TE" ? "trailers" : "mine");
        request.Headers.TryAddWithoutValidation("Content-Digest", "mine");
        request.Headers.TryAddWithoutValidation("Connection", "X-Named");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + CallRig.AppToken);
        request.Headers.TryAddWithoutValidation("X-Greeting", "Grüße 日本");

        using var response = await rig.Client.SendAsync(request, Stop);
        var seen = await response.Content.ReadFromJsonAsync<JsonElement>(Stop);

        Assert.Equal("Grüße 日本", Header(seen, "X-Greeting"));
        Assert.All(passing, name => Assert.Equal("mine", Header(seen, name)));
        Assert.Null(Header(seen, "Authorization"));
        Assert.All(staying, name => Assert.DoesNotContain("mine", Header(seen, name) ?? "", StringComparison.Ordinal));
        Assert.DoesNotContain("mine", Header(seen, "Content-Digest"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Authorization_is_the_peer_apps_when_the_token_came_otherwise()
    {
        await using var rig = await CallRig.Start(Echo);
        using var request = new HttpRequestMessage(HttpMethod.Get, rig.Call("/a"));
        request.Headers.TryAddWithoutValidation("Proxy-Authorization", "Bearer " + CallRig.AppToken);
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer for-the-peer");

        using var response = await rig.Client.SendAsync(request, Stop);
        var seen = await response.Content.ReadFromJsonAsync<JsonElement>(Stop);

        Assert.Equal("Bearer for-the-peer", Header(seen, "Authorization"));
        Assert.Null(Header(seen, "Proxy-Authorization"));
    }

    [Theory]
    [InlineData(200, "body")]
    [InlineData(204, null)]
    [InlineData(302, "")]
    [InlineData(304, null)]
    [InlineData(404, "")]
    [InlineData(418, "short and stout")]
    [InlineData(503, "")]
    public async Task Status_head_and_body_are_returned_unchanged(int status, string? body)
    {
        await using var rig = await CallRig.Start(async context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "https://169.254.169.254/latest";
            context.Response.Headers.ETag = "\"1\"";
            context.Response.Headers.Append("Set-Cookie", new(["a=1", "b=2"]));
            context.Response.Headers["X-Ptl-Client-Type"] = "terminal";
            context.Response.Headers["Keep-Alive"] = "timeout=5";
            if (body?.Length > 0)
                await context.Response.WriteAsync(body, Stop);
        });

        using var response = await rig.Client.GetAsync(rig.Call("/a"), Stop);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(body ?? "", await response.Content.ReadAsStringAsync(Stop));
        Assert.Equal("https://169.254.169.254/latest", response.Headers.Location?.OriginalString);
        Assert.Equal("\"1\"", response.Headers.ETag?.Tag);
        Assert.Equal(["a=1", "b=2"], response.Headers.GetValues("Set-Cookie"));
        Assert.False(response.Headers.Contains("X-Ptl-Client-Type"));
        Assert.False(response.Headers.Contains("Keep-Alive"));
    }

    [Fact]
    public async Task A_HEAD_keeps_its_length_and_has_no_body()
    {
        await using var rig = await CallRig.Start(context =>
        {
            context.Response.ContentLength = 12345;
            return Task.CompletedTask;
        });

        using var response = await rig.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, rig.Call("/a")), Stop);

        Assert.Equal(12345, response.Content.Headers.ContentLength);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(1 << 20, false)]
    [InlineData(1 << 20, true)]
    [InlineData((1 << 20) + 1, false)]
    [InlineData((1 << 20) + 1, true)]
    [InlineData(5_000_001, true)]
    public async Task A_body_of_any_size_arrives_complete_with_its_digest(int size, bool chunked)
    {
        await using var rig = await CallRig.Start(Echo);
        var body = RandomNumberGenerator.GetBytes(size);
        using var request = new HttpRequestMessage(HttpMethod.Post, rig.Call("/a")) { Content = new ByteArrayContent(body) };
        request.Headers.TransferEncodingChunked = chunked;

        using var response = await rig.Client.SendAsync(request, Stop);
        var seen = await response.Content.ReadFromJsonAsync<JsonElement>(Stop);

        var hash = Convert.ToBase64String(SHA256.HashData(body));
        Assert.Equal(hash, seen.GetProperty("sha256").GetString());
        Assert.Equal($"sha-256=:{hash}:", Header(seen, "Content-Digest"));
        Assert.Equal(size, seen.GetProperty("length").GetInt64());
        Assert.Empty(Directory.EnumerateFiles(rig.Data, "*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_above_the_cap_is_refused(bool chunked)
    {
        await using var rig = await CallRig.Start(Echo, new RegistryOptions.CallsOptions { MaxBodyBytes = 3_000_000 });
        using var request = new HttpRequestMessage(HttpMethod.Post, rig.Call("/a")) { Content = new ByteArrayContent(new byte[3_000_001]) };
        request.Headers.TransferEncodingChunked = chunked;

        await Refused(rig, 413, "body_too_large", request);

        using var atTheCap = new HttpRequestMessage(HttpMethod.Post, rig.Call("/a")) { Content = new ByteArrayContent(new byte[3_000_000]) };
        atTheCap.Headers.TransferEncodingChunked = chunked;
        using var response = await rig.Client.SendAsync(atTheCap, Stop);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task An_answer_streams_piece_by_piece()
    {
        var next = new SemaphoreSlim(0);
        await using var rig = await CallRig.Start(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            for (var i = 0; i < 3; i++)
            {
                await context.Response.WriteAsync($"data: {i}\n\n", Stop);
                await context.Response.Body.FlushAsync(Stop);
                await next.WaitAsync(Stop);
            }
        });

        using var response = await rig.Client.GetAsync(rig.Call("/a"), HttpCompletionOption.ResponseHeadersRead, Stop);
        await using var stream = await response.Content.ReadAsStreamAsync(Stop);
        for (var i = 0; i < 3; i++)
        {
            var piece = new byte[9];
            await stream.ReadExactlyAsync(piece, Stop); // the peer waits until this one was read
            Assert.Equal($"data: {i}\n\n", Encoding.UTF8.GetString(piece));
            next.Release();
        }

        Assert.Equal(0, await stream.ReadAsync(new byte[1], Stop));
    }

    [Fact]
    public async Task A_WebSocket_passes_both_ways_until_it_is_closed()
    {
        await using var rig = await CallRig.Start(EchoSocket);
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("chat");
        var address = new UriBuilder(rig.Call("/socket?x=%2F")) { Scheme = "ws" }.Uri;

        await socket.ConnectAsync(address, Stop);
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, Stop);
        var buffer = new byte[100];
        var answer = await socket.ReceiveAsync(buffer, Stop);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", Stop);

        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, answer.Count));
        Assert.Equal("chat", socket.SubProtocol);
        Assert.Equal((WebSocketState.Closed, "bye"), (socket.State, socket.CloseStatusDescription));
    }

    [Fact]
    public async Task A_WebSocket_ends_at_the_peer_when_the_app_hangs_up_without_a_close()
    {
        var ended = new TaskCompletionSource();
        await using var rig = await CallRig.Start(async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            try
            {
                await socket.ReceiveAsync(new byte[1], CancellationToken.None);
            }
            catch (WebSocketException)
            {
                ended.SetResult();
            }
        });
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(rig.Call("/socket")) { Scheme = "ws" }.Uri, Stop);

        socket.Abort();

        await ended.Task.WaitAsync(TimeSpan.FromSeconds(10), Stop);
    }

    [Fact]
    public async Task A_caller_that_disconnects_ends_the_outgoing_call()
    {
        var ended = new TaskCompletionSource();
        await using var rig = await CallRig.Start(async context =>
        {
            await context.Response.StartAsync(Stop);
            await context.Response.Body.FlushAsync(Stop);
            await using var _ = context.RequestAborted.Register(ended.SetResult);
            await ended.Task;
        });

        var response = await rig.Client.GetAsync(rig.Call("/a"), HttpCompletionOption.ResponseHeadersRead, Stop);
        response.Dispose();

        await ended.Task.WaitAsync(TimeSpan.FromSeconds(5), Stop);
    }

    [Fact]
    public async Task A_response_that_breaks_off_does_not_look_complete()
    {
        await using var rig = await CallRig.Start(async context =>
        {
            await context.Response.WriteAsync("half", Stop);
            await context.Response.Body.FlushAsync(Stop);
            context.Abort();
        });

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => rig.Client.GetStringAsync(rig.Call("/a"), Stop));
    }

    internal static async Task Refused(CallRig rig, int status, string code, HttpRequestMessage request)
    {
        using var response = await rig.Client.SendAsync(request, Stop);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Stop);
        Assert.Equal((status, code), ((int)response.StatusCode, problem.GetProperty("code").GetString()));
    }

    internal static async Task Echo(HttpContext context)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (buffer, length) = (new byte[64 * 1024], 0L);
        while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted) is > 0 and var read)
        {
            hash.AppendData(buffer, 0, read);
            length += read;
        }

        await context.Response.WriteAsJsonAsync(new
        {
            method = context.Request.Method,
            target = context.Features.Get<IHttpRequestFeature>()!.RawTarget,
            headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString()),
            length,
            sha256 = Convert.ToBase64String(hash.GetHashAndReset()),
        });
    }

    internal static async Task EchoSocket(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync(context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault());
        var buffer = new byte[1000];
        while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } message)
            await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, context.RequestAborted);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, socket.CloseStatusDescription, context.RequestAborted);
    }

    private static async Task<JsonElement> Get(CallRig rig, string rest) => await rig.Client.GetFromJsonAsync<JsonElement>(rig.Call(rest), Stop);

    private static string? Header(JsonElement seen, string name) =>
        seen.GetProperty("headers").EnumerateObject().Where(header => header.NameEquals(name)).Select(header => header.Value.GetString()).FirstOrDefault();
}
