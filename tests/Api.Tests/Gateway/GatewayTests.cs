using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.Gateway;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.SignedCalls;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Infrastructure.Gateway;

namespace PeerRegistry.Api.Tests.Gateway;

/// <summary>What the gateway alone does; what holds behind every proxy and the gateway alike is in the tests of ForwardAuth.</summary>
public sealed class GatewayTests(GatewayPair pair) : IClassFixture<GatewayPair>
{
    private const string Html = "text/html,application/xhtml+xml";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_app_is_told_that_the_body_of_a_peer_is_verified_and_nobody_else_can_say_so()
    {
        var app = await pair.App(CallPeerTests.Echo);
        var body = RandomNumberGenerator.GetBytes(100_000);
        Assert.Equal("1", await Verified(HttpMethod.Post, "/peer", body, pair.Signed(app, "/peer", "POST", SHA256.HashData(body))));
        Assert.Equal("1", await Verified(HttpMethod.Get, "/peer", null, pair.Signed(app, "/peer", "GET", SHA256.HashData([]))));

        foreach (var spelling in new[] { GatewayTransformer.BodyVerified, "x_ptl_body_verified", "X.Ptl.Body.Verified" })
        {
            Assert.Null(await Verified(HttpMethod.Post, "/open", body, (spelling, "1")));
            Assert.Null(await Verified(HttpMethod.Post, "/", body, (spelling, "1"), await pair.Session(app)));
        }

        async Task<string?> Verified(HttpMethod method, string target, byte[]? sent, params (string, string)[] headers)
        {
            using var answer = await Send(app, method, target, sent is null ? null : new ByteArrayContent(sent), headers);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var seen = (await answer.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("headers");
            return seen.EnumerateObject().Where(field => field.Name.Contains("Verified", StringComparison.OrdinalIgnoreCase))
                .Select(field => field.Value.GetString()).SingleOrDefault();
        }
    }

    [Theory]
    [InlineData(10, false)]
    [InlineData(10, true)]
    [InlineData(1_000_000, false)]
    [InlineData(1_000_000, true)]
    public async Task The_end_of_a_body_that_the_peer_has_not_signed_never_reaches_the_app(int length, bool chunked)
    {
        var arrived = new ConcurrentQueue<(long Length, bool Whole)>();
        var app = await pair.App(async context =>
        {
            var (buffer, read, whole) = (new byte[64 * 1024], 0L, false);
            try
            {
                for (int piece; (piece = await context.Request.Body.ReadAsync(buffer, Stop)) > 0;)
                    read += piece;
                whole = true;
            }
            finally
            {
                arrived.Enqueue((read, whole));
            }
        });
        var signed = RandomNumberGenerator.GetBytes(length);
        byte[] changed = [.. signed[..^1], (byte)(signed[^1] ^ 1)];
        foreach (var sent in new[] { changed, signed[..^1], [.. signed, 0] })
        {
            using var content = new ByteArrayContent(sent);
            using var answer = await Send(app, HttpMethod.Post, "/peer", content, pair.Signed(app, "/peer", "POST", SHA256.HashData(signed)), chunked);
            Assert.Equal((HttpStatusCode.BadRequest, "digest_mismatch"), (answer.StatusCode, await Code(answer)));
        }

        using var missing = await Send(app, HttpMethod.Post, "/peer", null, pair.Signed(app, "/peer", "POST", SHA256.HashData(signed)));
        Assert.Equal("digest_mismatch", await Code(missing));
        Assert.All(arrived, seen => Assert.True(!seen.Whole && seen.Length <= Math.Max(0, length + 1 - (16 * 1024)), $"{seen}"));

        using var right = new ByteArrayContent(signed);
        using var taken = await Send(app, HttpMethod.Post, "/peer", right, pair.Signed(app, "/peer", "POST", SHA256.HashData(signed)), chunked);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        Assert.Contains((length, true), arrived);
    }

    /// <summary>Asks first where the length alone is enough to be refused: the connection may close while a body is still being sent.</summary>
    [Fact]
    public async Task A_body_larger_than_the_limit_is_refused()
    {
        var app = await pair.App(CallPeerTests.Echo);
        foreach (var chunked in new[] { false, true })
        {
            (string, string)[] asks = chunked ? [] : [("Expect", "100-continue")];
            using var answer = await Send(app, HttpMethod.Post, "/open", new ByteArrayContent(new byte[5_000_001]), asks, chunked);
            Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "body_too_large"), (answer.StatusCode, await Code(answer)));
        }
    }

    [Fact]
    public async Task A_caller_has_so_many_requests_at_a_time_and_another_caller_its_own()
    {
        var (go, all, arrived) = (new TaskCompletionSource(), new TaskCompletionSource(), 0);
        var app = await pair.App(context =>
        {
            if (context.Request.Path != "/open/wait")
                return Task.CompletedTask;
            if (Interlocked.Increment(ref arrived) == 20)
                all.SetResult();
            return go.Task;
        });
        var waiting = Enumerable.Range(0, 20).Select(_ => pair.Anybody.Get(pair.Url(app, "/open/wait"))).ToList();
        await all.Task;

        var refused = await pair.Anybody.Get(pair.Url(app, "/open"));
        Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limited", "1"), (refused.Status, refused.Code, refused.Header("Retry-After")));
        Assert.Equal(HttpStatusCode.OK, (await pair.Anybody.Get(pair.Url(app, "/"), await pair.Session(app))).Status);
        go.SetResult();
        Assert.All(await Task.WhenAll(waiting), answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        Assert.Equal(HttpStatusCode.OK, (await pair.Anybody.Get(pair.Url(app, "/open"))).Status);
    }

    [Fact]
    public async Task An_event_stream_passes_as_it_is_written()
    {
        var next = new TaskCompletionSource();
        var app = await pair.App(async context =>
        {
            await context.Response.Body.FlushAsync(Stop);
            await next.Task;
            await context.Response.WriteAsync("data: one\n\n", Stop);
            await context.Response.Body.FlushAsync(Stop);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
        using var caller = await pair.Caller(app);
        using var direct = new HttpRequestMessage(HttpMethod.Get, pair.Url(app, "/open"));
        using var first = await pair.Anybody.SendAsync(direct, HttpCompletionOption.ResponseHeadersRead, Stop);
        using var second = await caller.GetAsync(pair.Call("/peer"), HttpCompletionOption.ResponseHeadersRead, Stop);
        next.SetResult();
        foreach (var answer in new[] { first, second })
        {
            var read = new byte["data: one\n\n".Length];
            await (await answer.Content.ReadAsStreamAsync(Stop)).ReadExactlyAsync(read, Stop);
            Assert.Equal("data: one\n\n"u8, read);
        }
    }

    [Fact]
    public async Task An_app_that_is_not_running_is_answered_by_a_page_of_the_core()
    {
        var app = await pair.App("127.0.0.1:9");
        var page = await pair.Anybody.Get(pair.Url(app, "/open"), ("Accept", Html)); // waits for it to start
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "5"), (page.Status, page.Header("Retry-After")));
        Assert.Contains("This app is not running, or it is starting.", page.Body, StringComparison.Ordinal);

        var begun = TimeProvider.System.GetTimestamp();
        Assert.Equal("app_unavailable", (await pair.Anybody.Get(pair.Url(app, "/open"))).Code);
        Assert.InRange(TimeProvider.System.GetElapsedTime(begun), TimeSpan.Zero, TimeSpan.FromSeconds(2)); // the wait is not repeated
    }

    [Fact]
    public async Task The_first_request_waits_while_an_app_starts()
    {
        var port = ForwardAuth.ProxyProcess.FreePort();
        var app = await pair.App($"127.0.0.1:{port}");
        var waiting = pair.Anybody.Get(pair.Url(app, "/open"));
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, Stop);
        Assert.False(waiting.IsCompleted);

        await using var started = await PlainHost.Start(context => context.Response.WriteAsync("started"), port: port);
        Assert.Equal("started", (await waiting).Body);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("host.docker.internal")]
    public async Task A_container_whose_name_leads_to_this_machine_is_not_served(string container)
    {
        using var connections = new AppConnections(new RegistryOptions(), (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]), TimeProvider.System);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{container}:{pair.Ada.Internal.Port}/health/live");
        var refused = await Assert.ThrowsAsync<RefusedException>(() => connections.Invoker.SendAsync(request, Stop));
        Assert.Equal("app_unavailable", refused.Code);
    }

    private Task<HttpResponseMessage> Send(
        string app, HttpMethod method, string target, HttpContent? content, (string Name, string Value)[] headers, bool chunked = false)
    {
        var request = new HttpRequestMessage(method, pair.Url(app, target)) { Content = content };
        request.Headers.TransferEncodingChunked = chunked;
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return pair.Anybody.SendAsync(request, Stop);
    }

    private static async Task<string?> Code(HttpResponseMessage answer) =>
        answer.Content.Headers.ContentType?.MediaType == "application/problem+json"
            ? (await answer.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("code").GetString()
            : null;
}
