using System.Net;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.SignedCalls;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>Cookies that another app's page has set for the whole domain of the Portal.</summary>
public sealed class HeadLimitTests(TwoPortals two) : IClassFixture<TwoPortals>
{
    private const string Paths = """{ "": { "access": "private" }, "/open": { "access": "public" } }""";
    private const int Limit = 32 * 1024;

    private static readonly string Tossed = string.Join("; ", Enumerable.Range(0, 12).Select(i => $"tossed{i}={new string('x', 4000)}"));

    private string Token => two.Owner.DefaultRequestHeaders.Authorization!.Parameter!;

    [Fact]
    public async Task The_cores_host_serves_the_owner_whatever_other_cookies_there_are()
    {
        using var edge = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = two.Ada.Edge };
        var asked = await edge.Get("/core/protected/apps", ("Host", two.Ada.Domain), ("Cookie", $"{Tossed}; __Host-portal={Token}"));

        Assert.Equal(HttpStatusCode.OK, asked.Status);
        Assert.Equal("head_too_large", (await edge.Get("/core/protected/apps", ("Host", two.Ada.Domain), ("X-Large", new string('x', Limit)))).Code);
    }

    [Fact]
    public async Task The_limit_is_32_KiB_of_head()
    {
        var app = await two.App(Paths);
        async Task<Said> Padded(int padding) => await two.Ask(app, "/open", headers: ("Cookie", "a=" + new string('x', padding)));
        Assert.Equal(HttpStatusCode.OK, (await Padded(20_000)).Status);
        Assert.Equal(HttpStatusCode.OK, (await Padded(Limit - 1000)).Status);
        var refused = await Padded(Limit);
        Assert.Equal((431, "head_too_large"), ((int)refused.Status, refused.Code));
    }

    [Fact]
    public async Task Above_the_limit_the_response_deletes_the_cookies_and_says_so()
    {
        var app = await two.App(Paths);
        var session = $"__Host-portal-app={await two.Session(app)}";
        var modern = ("Sec-Fetch-Site", "none");

        var first = await two.Ask(app, "/", headers: [("Cookie", $"{Tossed}; {session}"), modern]);
        Assert.Equal((431, "head_too_large"), ((int)first.Status, first.Code));
        Assert.Contains("were deleted", first.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        var deletions = first.Answer.Headers.GetValues("Set-Cookie").ToList();
        Assert.Contains("tossed0=; Max-Age=0; Path=/; Secure", deletions);
        Assert.Contains($"tossed0=; Max-Age=0; Path=/; Secure; Domain={two.Ada.Domain}", deletions);
        Assert.DoesNotContain(deletions, line => line.StartsWith("__Host-portal-app", StringComparison.Ordinal));
        Assert.Null(first.Header("Clear-Site-Data"));

        var again = await two.Ask(app, "/", headers: [("Cookie", $"{Tossed}; __Host-portal-cleared=1"), modern]);
        Assert.Equal("\"cookies\"", again.Header("Clear-Site-Data"));
        Assert.Equal("\"cookies\"", (await two.Ask(app, "/", headers: ("Cookie", Tossed))).Header("Clear-Site-Data"));
        // nginx takes no more
        Assert.True(again.Answer.Headers.NonValidated.Sum(header => header.Value.Sum(value => header.Key.Length + value.Length + 4)) < 4000);
    }

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task Behind_a_proxy_the_owner_reaches_the_core_and_gets_a_page_from_an_app(string program)
    {
        var app = await two.App(Paths);
        await using var echo = await PlainHost.Start(CallPeerTests.Echo);
        await using var rig = await LiveProxyRig.Start(program, two.Ada, app, echo.Urls.First());

        Assert.Equal(HttpStatusCode.OK,
            (await rig.Client.Get($"https://{two.Ada.Domain}/core/protected/apps", ("Cookie", $"{Tossed}; __Host-portal={Token}"))).Status);
        var page = await rig.Client.Get($"https://{app}.{two.Ada.Domain}/", ("Cookie", Tossed), ("Accept", "text/html"));
        Assert.Equal((431, "text/html", "\"cookies\""), ((int)page.Status, page.Answer.Content.Headers.ContentType?.MediaType, page.Header("Clear-Site-Data")));
        Assert.Contains("Your browser sent too many cookies", page.Body, StringComparison.Ordinal);
        Assert.Equal("head_too_large", (await rig.Client.Get($"https://{app}.{two.Ada.Domain}/open", ("Cookie", Tossed))).Code);
    }

    [Fact]
    public async Task A_head_that_nginx_does_not_read_gets_an_explanation()
    {
        var app = await two.App(Paths);
        await using var echo = await PlainHost.Start(CallPeerTests.Echo);
        await using var rig = await LiveProxyRig.Start("nginx", two.Ada, app, echo.Urls.First());

        foreach (var host in new[] { two.Ada.Domain, $"{app}.{two.Ada.Domain}" })
        {
            var refused = await rig.Client.Get($"https://{host}/open", ("Cookie", "a=" + new string('x', 100_000)));
            Assert.Equal((431, "\"cookies\""), ((int)refused.Status, refused.Header("Clear-Site-Data")));
            Assert.Contains("mostly cookies", refused.Body, StringComparison.Ordinal);
        }
    }

    /// <summary>In Chromium it deletes the cookies of all hosts of the site, the owner's session on the core's host among them.</summary>
    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task An_app_cannot_clear_the_data_of_the_whole_site(string program)
    {
        var app = await two.App(Paths);
        await using var clearing = await PlainHost.Start(context =>
        {
            context.Response.Headers["Clear-Site-Data"] = "\"cookies\"";
            return context.Response.WriteAsync("bye");
        });
        await using var rig = await LiveProxyRig.Start(program, two.Ada, app, clearing.Urls.First());

        var answer = await rig.Client.Get($"https://{app}.{two.Ada.Domain}/open");
        Assert.Equal((HttpStatusCode.OK, "bye", null), (answer.Status, answer.Body, answer.Header("Clear-Site-Data")));
    }
}
