using System.Net;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.ForwardAuth;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Apps;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Apps;

/// <summary>Apps as the owner keeps them, and what they may ask.</summary>
public sealed class AppApiTests(TwoPortals two) : IClassFixture<TwoPortals>
{
    private const string Apps = "/core/protected/apps";
    private const string Open = """{ "": { "access": "public" } }""";

    [Fact]
    public async Task An_app_is_registered_updated_shown_and_removed()
    {
        const string description = """{"v":"1.0","name":"wall","app_version":"1","icon":"i.svg","entrypoints":[{"container_name":"wall","container_port":80,"entrypoint_port":"http"}],"paths":{"":{"access":"private"},"/p":{"access":"peer"}}}""";
        var first = await two.Owner.Put($"{Apps}/wall", description);
        Assert.Equal(HttpStatusCode.Created, first.Status);
        Assert.Contains("{{ auth.client_id }}", Assert.Single(first.Json.GetProperty("warnings").EnumerateArray()).GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await two.Owner.Put($"{Apps}/wall", description.Replace("peer", "public", StringComparison.Ordinal))).Status);

        var shown = (await two.Owner.Get($"{Apps}/wall")).Json;
        Assert.Equal(("1.3", "Wall", "public", $"https://wall.{two.Ada.Domain}"),
            (shown.GetProperty("v").GetString(), shown.GetProperty("pretty_name").GetString(),
            shown.GetProperty("paths").GetProperty("/p").GetProperty("access").GetString(), shown.GetProperty("url").GetString()));
        Assert.Contains("wall", (await two.Owner.Get(Apps)).Json.EnumerateArray().Select(app => app.GetProperty("name").GetString()));
        Assert.Equal(HttpStatusCode.OK, (await two.Owner.Put($"{Apps}/wall", shown.GetRawText())).Status);

        Assert.Equal(HttpStatusCode.NoContent, (await two.Owner.Delete($"{Apps}/wall")).Status);
        Assert.Equal("app_unknown", (await two.Owner.Delete($"{Apps}/wall")).Code);
    }

    [Fact]
    public async Task An_invalid_description_is_refused_with_its_place_and_changes_nothing()
    {
        foreach (var (name, body, code, says) in new[]
                 {
                     ("bad", """{"v":"1.0","name":"bad","paths":{"":{"access":"everybody"}}}""", "app_meta_invalid", "$.paths[\"\"].access, line 1, column"),
                     ("bad", """{"v":"1.0","name":"other","paths":{"":{"access":"public"}}}""", "app_meta_invalid", "the name in the address"),
                     ("bad", """{"v":"1.0","name":"bad","paths":{"":{"access":"public","headers":{"X-Ptl-A":"{{ ''.__class__ }}"}}}}""", "app_meta_invalid", "column 1 of the template"),
                     ("bad", """{"v":"1.0","name":"bad","paths":{"/.portal/x":{"access":"public"}}}""", "app_meta_invalid", "belongs to the core"),
                     ("bad", "{", "app_meta_invalid", "not valid JSON"), ("BAD", "{}", "app_meta_invalid", "lower-case"),
                 })
        {
            var refused = await two.Owner.Put($"{Apps}/{name}", body);
            Assert.Equal(code, refused.Code);
            Assert.Contains(says, refused.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        // Straight to the edge: the front of these tests does not hand on an answer that comes before the body's end.
        using var edge = new HttpClient { BaseAddress = two.Ada.Edge };
        var large = await edge.Put($"{Apps}/bad", $$"""{"v":"{{new string('x', 2_000_000)}}"}""",
            HttpCalls.Bearer(two.Owner.DefaultRequestHeaders.Authorization!.Parameter!), ("Expect", "100-continue"));
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "body_too_large"), (large.Status, large.Code));

        foreach (var (method, path) in new[] { ("GET", ""), ("DELETE", ""), ("GET", "/visibility"), ("POST", "/token"), ("POST", "/session"),
            ("GET", "/explain?path=/") })
            Assert.Equal("app_unknown", (await two.Owner.Say(HttpMethod.Parse(method), $"{Apps}/bad{path}")).Code);
        Assert.Equal("app_unknown", (await two.Owner.Put($"{Apps}/bad/visibility", """{"mode":"all"}""")).Code);
    }

    [Fact]
    public async Task An_app_is_told_where_it_runs_and_how_its_peers_are_chosen_but_not_which()
    {
        var app = await two.App(Open);
        var token = await Token(app);
        foreach (var (mode, name) in new[]
                 {
                     (VisibilityMode.All, "all"), (VisibilityMode.AllExcept, "all_except"), (VisibilityMode.Some, "some"), (VisibilityMode.None, "none"),
                 })
        {
            TypedPortalId[] named = mode is VisibilityMode.AllExcept or VisibilityMode.Some ? [TypedPortalId.Of(two.Bob.Id)] : [];
            await two.Ada.Send(new SetVisibility(two.Ada.Id, app, mode, named));
            var self = await two.Inner.Get("/protected/self", HttpCalls.Bearer(token));
            Assert.Equal(
                $$"""{"id":"{{two.Ada.Id}}","short_id":"{{two.Ada.Id.Short}}","name":"Ada","domain":"{{two.Ada.Domain}}","app":"{{app}}","visibility":"{{name}}","permissions":[]}""",
                self.Body);
        }

        Assert.Equal("not_authenticated", (await two.Inner.Get("/protected/self")).Code);
    }

    [Fact]
    public async Task An_app_may_ask_who_the_Portal_is_as_everybody_may()
    {
        const string path = "/core/public/meta/whoareyou";
        Assert.Equal((await two.Owner.Get(path)).Body, (await two.Inner.Get(path)).Body);
        var signed = await two.Inner.Get($"{path}?challenge=Zm9ydHktdHdvLXplYnJhcy1kcmlua2luZw", ("Host", two.Ada.Domain));
        Assert.NotEmpty(signed.Header("Signature")!);
        Assert.Equal("challenge_malformed", (await two.Inner.Get($"{path}?challenge=x")).Code);
    }

    [Fact]
    public async Task A_token_is_shown_once_and_replaces_the_previous_one()
    {
        var app = await two.App(Open);
        var (first, second) = (await Token(app), await Token(app));
        Assert.Equal("token_invalid", (await two.Inner.Get("/protected/peers", HttpCalls.Bearer(first))).Code);
        Assert.Equal(HttpStatusCode.OK, (await two.Inner.Get("/protected/peers", HttpCalls.Bearer(second))).Status);
        Assert.Equal(HttpStatusCode.OK,
            (await two.Inner.Get("/protected/peers", ("Proxy-Authorization", $"Bearer {second}"), HttpCalls.Bearer("for-the-peer"))).Status);
        Assert.Equal("not_authenticated", (await two.Inner.Get("/protected/peers")).Code);
        Assert.Equal("token_invalid", (await two.Inner.Get("/protected/peers", ("Proxy-Authorization", "Bearer x"), HttpCalls.Bearer(second))).Code);

        var owner = two.Owner.DefaultRequestHeaders.Authorization!.Parameter!;
        Assert.Equal("forbidden", (await two.Inner.Get("/protected/peers", HttpCalls.Bearer(owner))).Code);
        using var anybody = two.Zone.Client();
        Assert.Equal("forbidden", (await anybody.Get($"https://{two.Ada.Domain}{Apps}", HttpCalls.Bearer(second))).Code);
        Assert.Equal(HttpStatusCode.NotFound, (await anybody.Get($"https://{two.Ada.Domain}/protected/peers", HttpCalls.Bearer(second))).Status);

        await two.Ada.Send(new RemoveApp(two.Ada.Id, app));
        Assert.Equal("token_invalid", (await two.Inner.Get("/protected/peers", HttpCalls.Bearer(second))).Code);
    }

    [Fact]
    public async Task An_app_sees_the_peers_that_the_owner_lets_it_see()
    {
        var app = await two.App(Open);
        var bearer = HttpCalls.Bearer(await Token(app));
        Task<Said> See(string path = "") => two.Inner.Get($"/protected/peers{path}", bearer);
        Task<Said> Let(string visibility) => two.Owner.Put($"{Apps}/{app}/visibility", visibility);

        Assert.Equal("[]", (await See()).Body);
        var (hidden, unknown) = (await See($"/{two.Bob.Id}"), await See($"/{new string('a', 103)}"));
        Assert.Equal((HttpStatusCode.NotFound, "peer_unknown"), (hidden.Status, hidden.Code));
        Assert.Equal(unknown.Body, hidden.Body);
        Assert.Equal(Headers(unknown), Headers(hidden));
        Assert.Equal("id_malformed", (await See("/x")).Code);

        Assert.Equal(HttpStatusCode.NoContent, (await Let("""{"mode":"all"}""")).Status);
        var bob = Assert.Single((await See()).Json.EnumerateArray());
        Assert.Equal(
            (two.Bob.Id.Value, two.Bob.Id.Short.Value, "Bob Müller 🐈", two.Bob.Domain, "mutual", true, two.Bob.Snapshot.Portal.Key.Pem),
            (bob.GetProperty("id").GetString(), bob.GetProperty("short_id").GetString(), bob.GetProperty("name").GetString(),
                bob.GetProperty("domain").GetString(),
                bob.GetProperty("status").GetString(), bob.GetProperty("is_reachable").GetBoolean(), bob.GetProperty("public_bytes_b64").GetString()));
        Assert.Equal(HttpStatusCode.OK, (await See($"/{two.Bob.Id.Short}")).Status);
        Assert.Single((await See("?name=müller")).Json.EnumerateArray());
        Assert.Equal("[]", (await See("?name=nobody")).Body);

        Assert.Equal(HttpStatusCode.NoContent, (await Let($$"""{"mode":"some","peers":["{{two.Bob.Id.Short}}"]}""")).Status);
        Assert.Single((await See()).Json.EnumerateArray());
        Assert.Equal(two.Bob.Id.Value, (await two.Owner.Get($"{Apps}/{app}/visibility")).Json.GetProperty("peers")[0].GetString());
        Assert.Equal(HttpStatusCode.NoContent, (await Let("""{"mode":"some","peers":[]}""")).Status);
        Assert.Equal("[]", (await See()).Body);

        foreach (var (body, code) in new[]
                 {
                     ("""{"mode":"some","peers":["aaaaaa"]}""", "peer_unknown"), ("""{"mode":"some","peers":["x"]}""", "id_malformed"), ("""{"mode":"few"}""", "json_invalid"),
                     ("""{"mode":"all","peers":["aaaaaa"]}""", "request_invalid"), ("""{"mode":1}""", "json_invalid"), ("{}", "json_invalid"), ("""{"mode":"all","x":1}""", "json_invalid"),
                 })
        {
            Assert.Equal(code, (await Let(body)).Code);
        }
    }

    [Fact]
    public async Task The_owner_is_told_which_rule_matches_and_why()
    {
        var app = await two.App("""{ "": { "access": "private" }, "/pub": { "access": "public" }, "/peer": { "access": "peer", "headers": { "X-Ptl-Client-Id": "{{ auth.client_id }}" } } }""");
        foreach (var (path, caller, status, rule) in new[]
                 {
                     ("/pub/x", "anonymous", 200, "/pub"), ("/pubx", "anonymous", 401, ""), ("/x", "device", 200, ""), ("/peer", "device", 403, "/peer"),
                     ("/peer", $"peer:{two.Bob.Id.Short}", 401, "/peer"), ("//", "anonymous", 401, ""), ("/pub/..%2Fx", "anonymous", 400, null),
                 })
        {
            var said = (await two.Owner.Get($"{Apps}/{app}/explain?path={Uri.EscapeDataString(path)}&as={caller}")).Json;
            Assert.Equal((status, rule), (said.GetProperty("status").GetInt32(), said.GetProperty("rule").GetString()));
        }

        await two.Ada.Send(new SetVisibility(two.Ada.Id, app, VisibilityMode.Some, [TypedPortalId.Of(two.Bob.Id)]));
        var granted = (await two.Owner.Get($"{Apps}/{app}/explain?path=/peer&as=peer:{two.Bob.Id}")).Json;
        Assert.Equal((200, two.Bob.Id.Value),
            (granted.GetProperty("status").GetInt32(), granted.GetProperty("headers").GetProperty("X-Ptl-Client-Id").GetString()));
        Assert.Equal(["prefix", "segments", "any_case", "as_written"],
            granted.GetProperty("readings").EnumerateArray().Select(reading => reading.GetProperty("reading").GetString()));
        Assert.Equal("peer_unknown", (await two.Owner.Get($"{Apps}/{app}/explain?path=/&as=peer:aaaaaa")).Code);
        Assert.Equal("request_invalid", (await two.Owner.Get($"{Apps}/{app}/explain?path=/&as=me")).Code);
    }

    [Fact]
    public async Task Lists_come_in_pages()
    {
        foreach (var _ in Enumerable.Range(0, 3))
            await two.App(Open);
        var names = new List<string>();
        for (var next = $"{Apps}?limit=2"; next is not null;)
        {
            var page = await two.Owner.Get(next);
            names.AddRange(page.Json.EnumerateArray().Select(app => app.GetProperty("name").GetString()!));
            next = page.Header("Link")?.Split('<', '>')[1];
        }

        Assert.Equal(two.Ada.Snapshot.Apps.Keys.Order(StringComparer.Ordinal), names);
        Assert.Equal("request_invalid", (await two.Owner.Get($"{Apps}?limit=0")).Code);
    }

    private async Task<string> Token(string app)
    {
        var issued = await two.Owner.Post($"{Apps}/{app}/token");
        Assert.Equal((HttpStatusCode.Created, "no-store, no-transform"), (issued.Status, issued.Header("Cache-Control")));
        return issued.Json.GetProperty("token").GetString()!;
    }

    private static string Headers(Said said) =>
        string.Join('\n', said.Answer.Headers.Where(header => header.Key != "Date").Select(header => $"{header.Key}: {string.Join(", ", header.Value)}"));
}
