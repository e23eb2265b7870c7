using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Devices;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>The way of the owner's browser into an app, and everybody who would like to go along.</summary>
public sealed class AppSessionTests(TwoPortals two) : IClassFixture<TwoPortals>
{
    private const string Paths = """{ "": { "access": "private" }, "/open": { "access": "public" } }""";

    [Fact]
    public async Task A_browser_gets_a_session_and_returns_to_the_requested_page()
    {
        var app = await two.App(Paths);
        two.Ada.Apps[app] = async context =>
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response,
                context.Request.Headers.Cookie.ToString() + context.Request.Headers["X-Ptl-Client-Name"]);
        using var browser = two.Zone.Client();

        var start = await browser.Get($"https://{app}.{two.Ada.Domain}/a%20b?c=d&e", ("Sec-Fetch-Mode", "navigate"), ("Cookie", "theirs=1"));
        Assert.Equal(HttpStatusCode.SeeOther, start.Status);
        Assert.Matches("^__Host-portal-state-[A-Za-z0-9_-]{8}=[A-Za-z0-9_-]{22}; Max-Age=300; Path=/; Secure; HttpOnly; SameSite=Lax$",
            start.Header("Set-Cookie")!);
        var (state, core) = (Cookie(start), start.Header("Location")!);
        Assert.StartsWith($"https://{two.Ada.Domain}/core/app-session?app={app}&to=%2Fa%2520b%3Fc%3Dd%26e&state=", core, StringComparison.Ordinal);
        Assert.DoesNotContain(state.Split('=')[1], core, StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.Get(core)).Status);
        var ticketed = await browser.Get(core, Owner());
        Assert.Equal(("no-referrer", "no-store, no-transform"), (ticketed.Header("Referrer-Policy"), ticketed.Header("Cache-Control")));
        Assert.StartsWith($"https://{app}.{two.Ada.Domain}/.portal/session?ticket=", ticketed.Header("Location"), StringComparison.Ordinal);

        var arrived = await browser.Get(ticketed.Header("Location")!, ("Cookie", $"x=y; {state}"));
        Assert.Equal((HttpStatusCode.SeeOther, "/a%20b?c=d&e"), (arrived.Status, arrived.Header("Location")));
        Assert.Matches("^__Host-portal-app=[A-Za-z0-9_-]{43}; max-age=604800; path=/; secure; samesite=lax; httponly$", arrived.Header("Set-Cookie")!);

        var inside = await browser.Get($"https://{app}.{two.Ada.Domain}/", ("Cookie", $"theirs=1; {Cookie(arrived)}; {state}"));
        Assert.Equal((HttpStatusCode.OK, "theirs=1Laptop"), (inside.Status, inside.Body));
    }

    [Fact]
    public async Task A_ticket_is_valid_once_for_one_browser_one_app_and_half_a_minute()
    {
        var (app, other) = (await two.App(Paths), await two.App(Paths));
        using var browser = two.Zone.Client();
        async Task<(string Ticket, string State)> Ticket()
        {
            var start = await two.Ask(app, "/x", headers: ("Sec-Fetch-Mode", "navigate"));
            return ((await browser.Get(start.Header("Location")!, Owner())).Header("Location")!, Cookie(start));
        }

        var (once, state) = await Ticket();
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.Get(once, ("Cookie", state))).Status);
        Assert.Equal("ticket_invalid", (await browser.Get(once, ("Cookie", state))).Code);

        var (mine, mineState) = await Ticket();
        var (theirs, theirState) = await Ticket();
        Assert.Equal("ticket_invalid", (await browser.Get(mine, ("Cookie", theirState))).Code);
        Assert.Equal("ticket_invalid", (await browser.Get(theirs)).Code);
        Assert.Equal("ticket_invalid", (await browser.Get(mine, ("Cookie", mineState))).Code); // a wrong try uses it up

        var (wrongApp, wrongState) = await Ticket();
        Assert.Equal("ticket_invalid", (await browser.Get(wrongApp.Replace($"{app}.", $"{other}.", StringComparison.Ordinal), ("Cookie", wrongState))).Code);

        var (late, lateState) = await Ticket();
        two.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("ticket_invalid", (await browser.Get(late, ("Cookie", lateState))).Code);

        var (many, manyState) = await Ticket();
        var tries = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => browser.Get(many, ("Cookie", manyState))));
        Assert.Single(tries, tried => tried.Status == HttpStatusCode.SeeOther);
    }

    /// <summary>None of them has a cookie yet, so each is given one, and the browser brings all of them back.</summary>
    [Fact]
    public async Task Tabs_that_log_in_at_the_same_instant_all_succeed()
    {
        var app = await two.App(Paths);
        using var browser = two.Zone.Client();
        var starts = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => two.Ask(app, $"/{i}", headers: ("Sec-Fetch-Mode", "navigate"))));
        var jar = string.Join("; ", starts.Select(Cookie).GroupBy(cookie => cookie.Split('=')[0]).Select(name => name.Last()));
        for (var i = 0; i < 5; i++)
        {
            var ticket = await browser.Get(starts[i].Header("Location")!, Owner());
            var arrived = await browser.Get(ticket.Header("Location")!, ("Cookie", jar));
            Assert.Equal((HttpStatusCode.SeeOther, $"/{i}"), (arrived.Status, arrived.Header("Location")));
        }
    }

    [Fact]
    public async Task A_valid_session_makes_up_for_an_invalid_ticket()
    {
        var (app, other) = (await two.App(Paths), await two.App(Paths));
        using var browser = two.Zone.Client();
        var session = $"__Host-portal-app={await two.Session(app)}";
        var url = $"https://{app}.{two.Ada.Domain}/.portal/session?ticket=used&to=";

        var excused = await browser.Get(url + "%2Fa%3Fb", ("Cookie", session));
        Assert.Equal((HttpStatusCode.SeeOther, "/a?b"), (excused.Status, excused.Header("Location")));
        Assert.Null(excused.Header("Set-Cookie"));
        Assert.Equal("/", (await browser.Get(url + "https%3A%2F%2Fevil.example", ("Cookie", session))).Header("Location"));
        Assert.Equal("/", (await browser.Get(url + "%2F%2Fevil.example", ("Cookie", session))).Header("Location"));
        Assert.Equal("ticket_invalid", (await browser.Get(url + "%2F")).Code);
        Assert.Equal("ticket_invalid", (await browser.Get(url + "%2F", ("Cookie", $"__Host-portal-app={await two.Session(other)}"))).Code);
    }

    [Fact]
    public async Task Tabs_that_log_in_together_all_succeed()
    {
        var app = await two.App(Paths);
        using var browser = two.Zone.Client();
        var first = await two.Ask(app, "/1", headers: ("Sec-Fetch-Mode", "navigate"));
        var second = await two.Ask(app, "/2", headers: [("Sec-Fetch-Mode", "navigate"), ("Cookie", Cookie(first))]);
        foreach (var tab in new[] { first, second })
        {
            var ticket = await browser.Get(tab.Header("Location")!, Owner());
            Assert.Equal(HttpStatusCode.SeeOther, (await browser.Get(ticket.Header("Location")!, ("Cookie", Cookie(second)))).Status);
        }
    }

    [Fact]
    public async Task The_login_redirects_only_to_the_app()
    {
        var app = await two.App(Paths);
        var state = new string('s', 43);
        foreach (var to in new[]
                 {
                     "//evil.example", "/\\evil.example", "https:evil.example", "https://evil.example/", "\\\\evil.example", "evil", "", "/\t/evil.example",
                     "/x\r\nSet-Cookie: a=b", "/a\\b",
                     "/.portal/session?ticket=x", "javascript:alert(1)", "/" + new string('a', 2000),
                 })
        {
            Assert.Equal("request_invalid", (await two.Owner.Get($"/core/app-session?app={app}&to={Uri.EscapeDataString(to)}&state={state}")).Code);
        }

        foreach (var name in new[] { "nobody", "evil.example/", $"{app}.evil.example", $"x@evil.example%23{app}", "" })
            Assert.Contains((await two.Owner.Get($"/core/app-session?app={name}&to=%2F&state={state}")).Code, new[] { "app_unknown", "request_invalid" });
        Assert.Equal("request_invalid", (await two.Owner.Get($"/core/app-session?app={app}&to=%2F&state=x")).Code);

        var long_ = await two.Ask(app, "/" + new string('a', 3000), headers: ("Sec-Fetch-Mode", "navigate"));
        Assert.Contains("&to=%2F&", long_.Header("Location"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_a_navigation_is_redirected_to_the_login()
    {
        var app = await two.App(Paths);
        foreach (var (method, mode) in new[] { ("GET", "cors"), ("GET", "no-cors"), ("GET", "websocket"), ("POST", "navigate"), ("HEAD", "navigate"),
            ("OPTIONS", "cors") })
            Assert.Equal(HttpStatusCode.Unauthorized, (await two.Ask(app, "/", method, headers: ("Sec-Fetch-Mode", mode))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await two.Ask(app, "/")).Status);
    }

    [Fact]
    public async Task Revoking_the_device_or_removing_the_app_ends_its_sessions()
    {
        var app = await two.App(Paths);
        using var phone = await two.Ada.Owner("Phone");
        var session = (await phone.Post($"/core/protected/apps/{app}/session")).Json.GetProperty("token").GetString()!;
        Assert.Equal(HttpStatusCode.OK, (await two.Ask(app, "/", headers: HttpCalls.Bearer(session))).Status);
        await two.Ada.Send(new RevokeDevice(two.Ada.Id, two.Ada.Snapshot.Devices.Values.Single(device => device.Name == "Phone").Id));
        Assert.Equal(HttpStatusCode.Unauthorized, (await two.Ask(app, "/", headers: HttpCalls.Bearer(session))).Status);

        var mine = await two.Session(app);
        await two.Ada.Send(new RemoveApp(two.Ada.Id, app));
        Assert.Equal("app_unknown", (await two.Ask(app, "/", headers: HttpCalls.Bearer(mine))).Code);
        await two.Ada.Send(new RegisterApp(two.Ada.Id, app, System.Text.Encoding.UTF8.GetBytes($$"""{"v":"1.0","name":"{{app}}","paths":{{Paths}}}""")));
        Assert.Equal(HttpStatusCode.Unauthorized, (await two.Ask(app, "/", headers: HttpCalls.Bearer(mine))).Status);
        Assert.Equal("app_unknown", (await two.Owner.Post("/core/protected/apps/nobody/session")).Code);
    }

    [Fact]
    public async Task An_app_session_does_not_open_the_core()
    {
        var app = await two.App(Paths);
        var session = await two.Session(app);
        using var anybody = two.Zone.Client();
        Assert.Equal("forbidden", (await anybody.Get($"https://{two.Ada.Domain}/core/protected/apps", HttpCalls.Bearer(session))).Code);
        Assert.Equal("forbidden", (await two.Inner.Get("/protected/peers", HttpCalls.Bearer(session))).Code);
    }

    /// <summary>On an app's host, the core's paths are the app's own.</summary>
    [Fact]
    public async Task The_core_does_not_answer_on_the_host_of_an_app()
    {
        var app = await two.App(Paths);
        await using var server = await PlainHost.Start(context => context.Response.WriteAsync("the app"));
        two.Ada.Serve(new Dictionary<string, string> { [app] = new Uri(server.Urls.First()).Authority });
        using var edge = new HttpClient { BaseAddress = two.Ada.Edge };
        async Task<Said> Ask(string token) => await edge.Get("/core/protected/apps", ("Host", $"{app}.{two.Ada.Domain}"), HttpCalls.Bearer(token));

        Assert.Equal("the app", (await Ask(await two.Session(app))).Body);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Ask(two.Owner.DefaultRequestHeaders.Authorization!.Parameter!)).Status);
    }

    private (string Name, string Value) Owner() => ("Cookie", $"__Host-portal={two.Owner.DefaultRequestHeaders.Authorization!.Parameter}");

    private static string Cookie(Said answer) => Regex.Match(answer.Header("Set-Cookie")!, "^[^;]+").Value;
}
