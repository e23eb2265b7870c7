using System.Net;
using System.Text;
using Npgsql;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.SignedCalls;
using PeerRegistry.Application.Apps;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>Passwords of one app, for programs that only know HTTP Basic.</summary>
public sealed class AppPasswordTests(TwoPortals two) : IClassFixture<TwoPortals>
{
    private const string Paths = """{ "": { "access": "private" }, "/open": { "access": "public" }, "/peer": { "access": "peer" } }""";

    [Fact]
    public async Task The_owner_makes_lists_and_revokes_passwords()
    {
        var app = await two.App(Paths);
        var url = $"/core/protected/apps/{app}/passwords";
        Assert.Equal("[]", (await two.Owner.Get(url)).Body);

        var made = await two.Owner.Post(url, """{"name":"Calendar"}""");
        Assert.Equal((HttpStatusCode.Created, "no-store, no-transform"), (made.Status, made.Header("Cache-Control")));
        Assert.Matches("^[A-Za-z0-9_-]{43}$", made.Json.GetProperty("password").GetString()!);
        var id = made.Json.GetProperty("id").GetString()!;
        var listed = Assert.Single((await two.Owner.Get(url)).Json.EnumerateArray());
        Assert.Equal((id, "Calendar"), (listed.GetProperty("id").GetString(), listed.GetProperty("name").GetString()));
        Assert.Equal(["id", "name", "created_at"], listed.EnumerateObject().Select(member => member.Name));

        Assert.Equal("app_password_unknown", (await two.Owner.Delete($"{url}/nobody")).Code);
        Assert.Equal(HttpStatusCode.NoContent, (await two.Owner.Delete($"{url}/{id}")).Status);
        Assert.Equal("app_password_unknown", (await two.Owner.Delete($"{url}/{id}")).Code);
        Assert.Equal("[]", (await two.Owner.Get(url)).Body);
        Assert.Equal("app_unknown", (await two.Owner.Post("/core/protected/apps/nobody/passwords", """{"name":"x"}""")).Code);
        Assert.Equal("name_invalid", (await two.Owner.Post(url, """{"name":" "}""")).Code);
        using var anybody = two.Zone.Client();
        Assert.Equal("not_authenticated", (await anybody.Get($"https://{two.Ada.Domain}{url}")).Code);
    }

    [Fact]
    public async Task A_password_opens_only_its_app_and_only_by_Basic()
    {
        var (app, other) = (await two.App(Paths), await two.App(Paths));
        var (id, password) = await Password(app, "Music");

        var granted = await two.Ask(app, "/", headers: Basic(password));
        Assert.Equal((HttpStatusCode.OK, "terminal", id, "Music"),
            (granted.Status, granted.Header("X-Ptl-Client-Type"), granted.Header("X-Ptl-Client-Id"), granted.Header("X-Ptl-Client-Name")));
        Assert.Equal(HttpStatusCode.OK, (await two.Ask(app, "/", "DELETE", headers: Basic(password))).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await two.Ask(app, "/peer", headers: Basic(password))).Status);
        Assert.Equal(HttpStatusCode.OK, (await two.Ask(app, "/", headers: Basic(await two.Session(app)))).Status); // a session of the app may come so, too

        Assert.Equal(HttpStatusCode.Unauthorized, (await two.Ask(other, "/", headers: Basic(password))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await two.Ask(app, "/", headers: HttpCalls.Bearer(password))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await two.Ask(app, "/", headers: ("Cookie", $"__Host-portal-app={password}"))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await two.Ask(app, "/", headers: Basic(password + "x"))).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await two.Ask(app, "/", headers: ("Authorization", "Basic !"))).Status);
        using var client = two.Zone.Client();
        foreach (var path in new[] { "/core/protected/apps", "/core/protected/peers", "/home" })
        {
            Assert.Equal("not_authenticated", (await client.Get($"https://{two.Ada.Domain}{path}", Basic(password))).Code);
            Assert.Equal("forbidden", (await client.Get($"https://{two.Ada.Domain}{path}", HttpCalls.Bearer(password))).Code);
        }

        Assert.Equal("forbidden", (await two.Inner.Get("/protected/peers", HttpCalls.Bearer(password))).Code);
        Assert.NotEqual(HttpStatusCode.OK, (await two.Inner.Get("/protected/peers", Basic(password))).Status);
    }

    [Fact]
    public async Task A_revoked_password_opens_nothing()
    {
        var app = await two.App(Paths);
        var ((id, first), (_, second)) = (await Password(app, "First"), await Password(app, "Second"));
        await two.Owner.Delete($"/core/protected/apps/{app}/passwords/{id}");

        Assert.Equal(HttpStatusCode.Unauthorized, (await two.Ask(app, "/", headers: Basic(first))).Status);
        Assert.Equal(HttpStatusCode.OK, (await two.Ask(app, "/", headers: Basic(second))).Status);

        await two.Owner.Delete($"/core/protected/apps/{app}");
        await two.Ada.Send(new RegisterApp(two.Ada.Id, app, Encoding.UTF8.GetBytes($$"""{"v":"1.0","name":"{{app}}","paths":{{Paths}}}""")));
        Assert.Equal(HttpStatusCode.Unauthorized, (await two.Ask(app, "/", headers: Basic(second))).Status);
        Assert.Equal("[]", (await two.Owner.Get($"/core/protected/apps/{app}/passwords")).Body);
    }

    [Fact]
    public async Task An_app_never_sees_the_password()
    {
        var app = await two.App(Paths);
        var (_, password) = await Password(app, "Sync");

        Assert.Equal("", (await two.Ask(app, "/", headers: Basic(password))).Header("Authorization"));
        Assert.Equal("", (await two.Ask(app, "/open", headers: Basic("x", user: password))).Header("Authorization"));
        Assert.Equal(Basic("its-own").Value, (await two.Ask(app, "/open", headers: Basic("its-own"))).Header("Authorization"));
    }

    [Fact]
    public async Task A_page_of_another_site_cannot_change_anything_with_a_remembered_password()
    {
        var app = await two.App(Paths);
        var basic = Basic((await Password(app, "Sync")).Password);

        Assert.Equal("forbidden", (await two.Ask(app, "/", "POST", headers: [basic, ("Sec-Fetch-Site", "cross-site")])).Code);
        Assert.Equal("forbidden", (await two.Ask(app, "/", "POST", headers: [basic, ("Origin", $"https://other.{two.Ada.Domain}")])).Code);
        Assert.Equal(HttpStatusCode.OK, (await two.Ask(app, "/", "POST", headers: [basic, ("Origin", $"https://{app}.{two.Ada.Domain}")])).Status);
        Assert.Equal(HttpStatusCode.OK, (await two.Ask(app, "/", "PROPFIND", headers: basic)).Status);
    }

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    [InlineData("gateway")]
    public async Task Only_clients_other_than_browsers_are_asked_for_Basic(string program)
    {
        var (app, without) = (await two.App(Paths), await two.App(Paths));
        var (_, password) = await Password(app, "Calendar");
        await using var echo = await PlainHost.Start(CallPeerTests.Echo);
        await using var rig = await LiveProxyRig.Start(program, two.Ada, app, echo.Urls.First());
        var (host, url) = ($"{app}.{two.Ada.Domain}", $"https://{app}.{two.Ada.Domain}/");

        var asked = await rig.Client.Get(url);
        Assert.Equal((401, $"Basic realm=\"{host}\", charset=\"UTF-8\", Bearer realm=\"{host}\""), ((int)asked.Status, asked.Header("WWW-Authenticate")));
        foreach (var sign in new[] { ("Sec-Fetch-Mode", "cors"), ("Origin", "https://x.example"), ("Referer", url), ("X-Requested-With", "XMLHttpRequest") })
        {
            var browser = await rig.Client.Get(url, sign);
            Assert.Equal((401, $"Bearer realm=\"{host}\""), ((int)browser.Status, browser.Header("WWW-Authenticate")));
        }

        Assert.Equal(303, (int)(await rig.Client.Get(url, ("Accept", "text/html"), ("Sec-Fetch-Mode", "navigate"))).Status);
        Assert.Equal(200, (int)(await rig.Client.Get(url, Basic(password))).Status);
        Assert.DoesNotContain(Basic(password).Value, (await rig.Client.Get(url, Basic(password))).Body, StringComparison.Ordinal);
        Assert.Equal($"Bearer realm=\"{without}.{two.Ada.Domain}\"", (await two.Ask(without, "/")).Header("WWW-Authenticate"));
    }

    [Fact]
    public async Task No_event_and_no_row_holds_the_password()
    {
        var app = await two.App(Paths);
        var (_, password) = await Password(app, "Calendar");
        await using var database = NpgsqlDataSource.Create(two.Ada.Database);
        await using var tables = database.CreateCommand("select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'registry'");
        await using var reader = await tables.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var found = 0;
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            await using var search = database.CreateCommand($"select count(*) from {reader.GetString(0)} t where t::text like '%' || $1 || '%'");
            search.Parameters.AddWithValue(password);
            Assert.Equal((reader.GetString(0), 0L), (reader.GetString(0), await search.ExecuteScalarAsync(TestContext.Current.CancellationToken)));
            found++;
        }

        Assert.True(found > 5);
        var events = (await two.Owner.Get($"/core/protected/events?stream=app-{app}")).Body;
        Assert.Contains("app_password_created", events, StringComparison.Ordinal);
    }

    private static (string Name, string Value) Basic(string password, string user = "any") =>
        ("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    private async Task<(string Id, string Password)> Password(string app, string name)
    {
        var made = (await two.Owner.Post($"/core/protected/apps/{app}/passwords", $$"""{"name":"{{name}}"}""")).Json;
        return (made.GetProperty("id").GetString()!, made.GetProperty("password").GetString()!);
    }
}
