using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.SignedCalls;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>What a person sees who is turned away at an app, through the real proxies.</summary>
public sealed class RefusalPageTests(TwoPortals two) : IClassFixture<TwoPortals>
{
    private const string Paths = """{ "/open": { "access": "public" }, "/peer": { "access": "peer" }, "/private": { "access": "private" } }""";
    private const string Html = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    private static readonly (string, string)[] Chromium = [("Accept", Html), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Site", "none")];
    private static readonly (string, string)[] OldSafari = [("Accept", Html)];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task A_refusal_that_a_person_sees_is_a_page(string program)
    {
        var app = await two.App(Paths, Visibility.All);
        await using var echo = await PlainHost.Start(CallPeerTests.Echo);
        await using var rig = await LiveProxyRig.Start(program, two.Ada, app, echo.Urls.First());
        var session = ("Cookie", $"__Host-portal-app={await two.Session(app)}");

        foreach (var browser in new[] { Chromium, OldSafari })
        {
            foreach (var (target, status, words) in new[]
                     {
                         ("/open%2Fx", 400, "under different rules"), ("/peer", 401, "need to sign in"), ("/nothing", 404, "has nothing at this path"),
                         ("/.portal/nothing", 404, "Page not found"),
                     })
                await SeesPage(rig, app, target, browser, status, words);
            await SeesPage(rig, app, "/peer", [.. browser, session], 403, "You may not open this page");
            await SeesPage(rig, app, "/.portal/session?ticket=x", browser, 401, "Try again");
        }
    }

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task A_refusal_that_a_program_gets_is_a_problem_in_JSON(string program)
    {
        var app = await two.App(Paths, Visibility.All);
        await using var echo = await PlainHost.Start(CallPeerTests.Echo);
        await using var rig = await LiveProxyRig.Start(program, two.Ada, app, echo.Urls.First());
        foreach (var headers in new (string, string)[][] { [], [("Accept", "*/*")], [("Accept", Html), ("Sec-Fetch-Mode", "cors")],
            [("Accept", Html), ("X-Requested-With", "XMLHttpRequest")] })
            Assert.Equal("not_authenticated", (await rig.Client.Say(HttpMethod.Get, $"https://{app}.{two.Ada.Domain}/private", null, headers)).Code);
    }

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task A_browser_without_fetch_metadata_is_redirected_to_the_login(string program)
    {
        var app = await two.App(Paths, Visibility.All);
        await using var echo = await PlainHost.Start(CallPeerTests.Echo);
        await using var rig = await LiveProxyRig.Start(program, two.Ada, app, echo.Urls.First());
        var url = $"https://{app}.{two.Ada.Domain}/private?x";

        var sent = await rig.Client.Get(url, OldSafari);
        Assert.Equal((303, $"https://{two.Ada.Domain}/core/app-session"), ((int)sent.Status, sent.Header("Location")?.Split('?')[0]));
        Assert.StartsWith("__Host-portal-state-", sent.Header("Set-Cookie"), StringComparison.Ordinal);
        Assert.Equal(401, (int)(await rig.Client.Get(url, ("Accept", "*/*"))).Status);
        Assert.Equal(401, (int)(await rig.Client.Get(url, ("Accept", Html), ("Sec-Fetch-Mode", "no-cors"))).Status);
        Assert.Equal(401, (int)(await rig.Client.Post(url, null, OldSafari)).Status);
    }

    /// <summary>As many frameworks do, ASP.NET routes without regard to case.</summary>
    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task A_private_path_in_another_case_stays_private(string program)
    {
        var app = await two.App("""{ "": { "access": "public" }, "/admin": { "access": "private" } }""");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration["urls"] = "http://127.0.0.1:0";
        await using var site = builder.Build();
        site.MapGet("/admin", () => "secret");
        site.MapGet("/", () => "welcome");
        await site.StartAsync(Stop);
        await using var rig = await LiveProxyRig.Start(program, two.Ada, app, site.Urls.First());
        using var itself = new HttpClient { BaseAddress = new Uri(site.Urls.First()) };

        foreach (var spelling in new[] { "/admin", "/Admin", "/ADMIN/", "/%41dmin", "/adMin?x=/" })
        {
            Assert.Equal("secret", await itself.GetStringAsync(spelling, Stop));
            Assert.Equal("not_authenticated", (await rig.Client.Get($"https://{app}.{two.Ada.Domain}{spelling}")).Code);
        }

        Assert.Equal("welcome", (await rig.Client.Get($"https://{app}.{two.Ada.Domain}/")).Body);
    }

    /// <summary>As Subsonic, Trilium and others build their addresses.</summary>
    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task An_ambiguous_path_arrives_as_it_was_sent_where_all_its_readings_have_one_access(string program)
    {
        var app = await two.App("""{ "": { "access": "private" }, "/public": { "access": "public" } }""");
        await using var echo = await PlainHost.Start(CallPeerTests.Echo);
        await using var rig = await LiveProxyRig.Start(program, two.Ada, app, echo.Urls.First());
        foreach (var target in new[] { "/public/keys/a%2Fb", "/public/a;b=1", "/public//rest/ping.view", "/public/50%2525", "/public/a%3Bb" })
        {
            var uri = new Uri($"https://{app}.{two.Ada.Domain}{target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
            using var answer = await rig.Client.GetAsync(uri, Stop);
            Assert.Equal((200, true),
                ((int)answer.StatusCode, (await answer.Content.ReadAsStringAsync(Stop)).Contains($"\"{target}\"", StringComparison.Ordinal)));
        }
    }

    private async Task SeesPage(LiveProxyRig rig, string app, string target, (string, string)[] headers, int status, string words)
    {
        var uri = new Uri($"https://{app}.{two.Ada.Domain}{target}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await rig.Client.SendAsync(request, Stop);
        var page = await answer.Content.ReadAsStringAsync(Stop);

        Assert.Equal((status, "text/html"), ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Contains(words, page, StringComparison.Ordinal);
        Assert.Contains("no-store", answer.Headers.CacheControl?.ToString(), StringComparison.Ordinal);
    }
}
