using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.SignedCalls;
using PeerRegistry.Domain.Common;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>Calls from an app to the same app of a peer whose Portal is behind a real proxy: what is signed is what arrives.</summary>
public sealed class ProxiedCallsTests(ProxiedPeers peers) : IClassFixture<ProxiedPeers>
{
    // no client sends a fragment
    private static readonly IEnumerable<char> Printable = Enumerable.Range(0x21, 0x7E - 0x20).Select(c => (char)c).Where(c => c != '#');

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task Every_printable_character_arrives_as_it_was_signed_or_is_refused_before(string program)
    {
        var dice = new Dice(7);
        string Mix(int length) => string.Concat(Enumerable.Range(0, length).Select(_ => Printable.ElementAt(dice.Next(Printable.Count()))));
        var targets = Printable.SelectMany(c => new[]
            {
                $"/peer/a{c}b", $"/peer/{c}", $"/peer?a{c}b={c}", $"/peer/%{(int)c:X2}", $"/peer/%{(int)c:x2}{c}", $"/peer?%{(int)c:X2}%{(int)c:x2}",
            })
            .Concat(Enumerable.Range(0, 100).Select(i => $"/peer/{Mix(i % 12)}?{Mix(i % 9)}"))
            .Distinct();

        await Parallel.ForEachAsync(targets, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Stop }, async (target, _) =>
        {
            var expected = Written(target);
            using var response = await peers.Call(program, target);
            var said = await response.Content.ReadFromJsonAsync<JsonElement>(Stop);
            if (expected is null)
                Assert.Equal((HttpStatusCode.BadRequest, "path_ambiguous", target), (response.StatusCode, said.GetProperty("code").GetString(), target));
            else
                Assert.Equal((HttpStatusCode.OK, expected),
                    (response.StatusCode, response.IsSuccessStatusCode ? said.GetProperty("target").GetString() : $"{target}: {said}"));
        });
    }

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task A_method_arrives_as_it_was_signed_or_is_refused_before(string program)
    {
        foreach (var (method, expected) in new[] { ("get", "GET"), ("Post", "POST"), ("patch", "PATCH"), ("DELETE", "DELETE"), ("PROPFIND", "PROPFIND"),
            ("VERSION-CONTROL", "VERSION-CONTROL") })
        {
            var (status, said) = await peers.CallAs(program, method, "/peer");
            Assert.Equal((200, expected), (status, status == 200 ? said.GetProperty("method").GetString() : $"{method}: {said}"));
        }

        foreach (var method in new[] { "propfind", "M_SEARCH", "GET2", "x!y", "connect" })
        {
            var (status, said) = await peers.CallAs(program, method, "/peer");
            Assert.Equal((400, "method_invalid"), (status, said.GetProperty("code").GetString()));
        }
    }

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task Large_uploads_that_the_peer_refuses_are_answered_and_leave_the_way_open(string program)
    {
        var body = new byte[30_000_000];
        for (var i = 0; i < 6; i++)
        {
            using var refused = await peers.Call(program, "/private", "POST", new ByteArrayContent(body));
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }

        using var small = await peers.Call(program, "/peer", "POST", new ByteArrayContent(new byte[10]));
        Assert.Equal(HttpStatusCode.OK, small.StatusCode);
        using var large = await peers.Call(program, "/peer", "POST", new ByteArrayContent(body));
        Assert.Equal(body.Length, (await large.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("length").GetInt32());
    }

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task Bytes_beyond_ASCII_in_any_header_neither_decide_nor_change(string program)
    {
        var value = "a=" + Encoding.Latin1.GetString([.. Enumerable.Range(0x80, 0x80).Select(b => (byte)b)]) + "z";
        string[] names =
            ["Referer", "User-Agent", "Cookie", "Authorization", "Accept", "Accept-Language", "From", "If-None-Match", "Origin", "Range", "X-Custom"];
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{program}.{peers.Ada.Domain}/open");
        foreach (var name in names)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));

        using var response = await peers.Stranger(program).SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var headers = (await response.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("headers");

        Assert.All(names, name => Assert.Equal(value, headers.GetProperty(name).GetString()));
    }

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task A_peers_name_arrives_in_UTF8(string program)
    {
        using var response = await peers.Call(program, "/peer");
        var headers = (await response.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("headers");

        Assert.Equal("Bob Müller 🐈", FieldBytes.Text(headers.GetProperty("X-Ptl-Client-Name").GetString()!));
    }

    private static string? Written(string target)
    {
        try
        {
            return SignedForm.Target(target);
        }
        catch (RefusedException)
        {
            return null;
        }
    }
}
