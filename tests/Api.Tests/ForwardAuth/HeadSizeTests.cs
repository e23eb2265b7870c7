using System.Net;
using System.Text;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.SignedCalls;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>The head of a request has at most 32 KiB, at every hop, in whatever field its bytes are.</summary>
public sealed class HeadSizeTests(TwoPortals two) : IClassFixture<TwoPortals>
{
    private const int Limit = 32 * 1024;

    /// <summary>For the few bytes that a proxy leaves out or adds, such as <c>Connection</c> and <c>Accept-Encoding</c>.</summary>
    private const int ByProxy = 64;

    private static readonly int[] Passing = [4000, 4096, 8192, 16_000, Limit - ByProxy];
    private static readonly int[] TooLarge = [Limit + ByProxy, 40_000, 50_000];

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task A_head_of_32_KiB_reaches_the_app_whole_and_a_larger_one_is_answered_431(string program)
    {
        var app = await two.App("""{ "": { "access": "public" } }""");
        var host = $"{app}.{two.Ada.Domain}";
        await using var echo = await PlainHost.Start(CallPeerTests.Echo);
        await using var rig = await LiveProxyRig.Start(program, two.Ada, app, echo.Urls.First());
        foreach (var field in new[] { "Cookie: app=", "Authorization: Bearer ", "Referer: https://a.example/", "GET /?q=", "many" })
        {
            foreach (var size in Passing)
            {
                var answer = await rig.Send(host, Head(field, host, size));
                Assert.True(answer.Status == 200, $"{field} {size}: {answer.Status} {answer.Code}");
                var longest = Head(field, host, size).SelectMany(line => line.Split(' ', '=')).MaxBy(part => part.Length)!;
                Assert.Contains(longest.TrimEnd('/'), answer.Body, StringComparison.Ordinal);
            }

            foreach (var size in TooLarge)
            {
                var answer = await rig.Send(host, Head(field, host, size));
                Assert.True((answer.Status, answer.Code) == (431, "head_too_large"), $"{field} {size}: {answer.Status} {answer.Code}");
            }

            var beyond = await rig.Send(host, Head(field, host, 200_000));
            Assert.True(beyond.Status is 431 or 414 or 0, $"{field}: {beyond.Status}"); // a proxy may close while it is still written to
        }
    }

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task The_limit_is_the_same_on_the_Portals_own_paths(string program)
    {
        var app = await two.App("""{ "": { "access": "public" } }""");
        await using var rig = await LiveProxyRig.Start(program, two.Ada, new Dictionary<string, string>());
        foreach (var (host, path, passes) in new[] { (two.Ada.Domain, "/core/public/meta/whoareyou", 200), ($"{app}.{two.Ada.Domain}", "/.portal/none", 404) })
        {
            foreach (var field in new[] { "Referer: https://a.example/", $"GET {path}?q=" }) // the edge does not count cookies that it drops
            {
                Assert.Equal(passes, (await rig.Send(host, Head(field, host, Limit - ByProxy, path))).Status);
                var refused = await rig.Send(host, Head(field, host, Limit + ByProxy, path));
                Assert.Equal((431, "head_too_large"), (refused.Status, refused.Code));
            }
        }
    }

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    public async Task The_limit_is_the_same_over_HTTP_2(string program)
    {
        var app = await two.App("""{ "": { "access": "public" } }""");
        await using var echo = await PlainHost.Start(CallPeerTests.Echo);
        await using var rig = await LiveProxyRig.Start(program, two.Ada, app, echo.Urls.First());
        foreach (var (size, status) in new[] { (30_000, HttpStatusCode.OK), (Limit, HttpStatusCode.RequestHeaderFieldsTooLarge),
            (50_000, HttpStatusCode.RequestHeaderFieldsTooLarge) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{app}.{two.Ada.Domain}/")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            request.Headers.TryAddWithoutValidation("Cookie", "a=" + new string('x', size));
            using var answer = await rig.Client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(status, answer.StatusCode);
        }
    }

    /// <summary>Without these, the listener would answer first, and nginx turn that into an error of its own.</summary>
    [Fact]
    public async Task A_forward_auth_request_about_a_head_of_50_KiB_gets_an_explanation()
    {
        var app = await two.App("""{ "": { "access": "public" } }""");
        var refused = await two.Ask(app, "/", headers: ("Cookie", "a=" + new string('x', 50 * 1024)));
        Assert.Equal((431, "head_too_large"), ((int)refused.Status, refused.Code));
        var byNginx = await two.Ask(app, "/?" + new string('x', 50 * 1024), path: "/internal/auth/nginx");
        Assert.Equal((HttpStatusCode.Forbidden, "431"), (byNginx.Status, byNginx.Header("X-Portal-Status")));
    }

    /// <param name="field">Where the bytes are: the beginning of a header line or of the request line, or <c>many</c> headers.</param>
    /// <param name="size">Of the whole head, in bytes.</param>
    private static string[] Head(string field, string host, int size, string path = "/")
    {
        string[] lines = [$"GET {path} HTTP/1.1", $"Host: {host}"];
        var left = size - Encoding.ASCII.GetByteCount(string.Join("\r\n", lines)) - "\r\n\r\n".Length;
        if (field.StartsWith("GET ", StringComparison.Ordinal))
            return [field + new string('x', left - (field.Length - $"GET {path}".Length)) + " HTTP/1.1", lines[1]];
        if (field != "many")
            return [.. lines, field + new string('x', left - field.Length - 2)];

        var names = Enumerable.Range(0, 60).Select(n => $"X-Field-{n:00}: ").ToList();
        return [.. lines, .. names.Select((name, n) => name + new string('x', (left / 60) - name.Length - 2 + (n == 0 ? left % 60 : 0)))];
    }
}
