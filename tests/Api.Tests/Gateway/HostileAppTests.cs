using System.Net;
using PeerRegistry.Api.Tests.Common;

namespace PeerRegistry.Api.Tests.Gateway;

/// <summary>An app server that breaks the rules of HTTP: no caller takes what is not whole for whole, and no answer is mixed up with another.</summary>
public sealed class HostileAppTests(GatewayPair pair) : IClassFixture<GatewayPair>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")]
    [InlineData("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 777 Odd\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX-Bad: a\u0001b\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel")] // ends early
    [InlineData("SSH-2.0-OpenSSH\r\n")]
    [InlineData("")]
    public async Task An_answer_that_is_not_valid_is_refused(string answer)
    {
        var app = await pair.RawApp((_, stream) => ScriptedPeer.Write(stream, answer));
        using var caller = await pair.Caller(app);
        var refused = await caller.Get(pair.Call("/peer"));
        Assert.Equal((HttpStatusCode.BadGateway, "app_failed"), (refused.Status, refused.Code));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx\r\n")]
    public async Task An_answer_that_breaks_off_does_not_look_whole(string answer)
    {
        var app = await pair.RawApp((_, stream) => ScriptedPeer.Write(stream, answer));
        using var caller = await pair.Caller(app);
        foreach (var (client, url) in new[] { (caller, pair.Call("/peer")), (pair.Anybody, pair.Url(app, "/open")) })
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.GetStringAsync(url, Stop));
    }

    [Fact]
    public async Task What_follows_an_answer_is_no_answer_to_the_next_request()
    {
        var app = await pair.RawApp((head, stream) => ScriptedPeer.Write(stream,
            $"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello{(head.Contains("/open/first", StringComparison.Ordinal) ? "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged" : "")}"));
        Assert.Equal("hello", (await pair.Anybody.Get(pair.Url(app, "/open/first"))).Body);
        Assert.Equal("hello", (await pair.Anybody.Get(pair.Url(app, "/open/second"))).Body);
    }

    [Fact]
    public async Task An_app_that_answers_before_the_end_of_a_large_body_is_heard()
    {
        var app = await pair.RawApp((_, stream) => ScriptedPeer.Write(stream, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"));
        using var content = new ByteArrayContent(new byte[4_000_000]);
        using var answer = await pair.Anybody.PostAsync(pair.Url(app, "/open"), content, Stop);
        Assert.Equal((HttpStatusCode.Forbidden, "no"), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Stop)));
    }
}
