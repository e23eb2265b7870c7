using System.Net;
using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Apps;

/// <summary>Two Portals in one process and one database, with apps of the same name: nothing of one opens anything of the other.</summary>
public sealed class TenancyTests(TestPostgres postgres)
{
    private const string Description = """{"v":"1.0","name":"notes","paths":{"":{"access":"private"},"/open":{"access":"public"}}}""";

    [Fact]
    public async Task One_Portal_cannot_access_what_belongs_to_another()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        await using var process = await zone.Move("Ada");
        var ada = process.Snapshot.Portal;
        await process.Send(new CreatePortal(KeyKind.Ed25519, Neighbourhood.Zone, "Bea"));
        var bea = process.Services.GetRequiredService<IPortalSnapshots>().All.Single(portal => portal.Portal.Id != ada.Id).Portal;
        using var edge = new HttpClient { BaseAddress = process.Edge };
        using var inner = new HttpClient { BaseAddress = process.Internal };

        var keys = new Dictionary<Portal, (string Owner, string App, string Session, string Device)>();
        foreach (var portal in new[] { ada, bea })
        {
            var code = (await process.Send(new CreatePairingCode(portal.Id))).Code;
            var other = portal == ada ? bea : ada;
            Assert.Equal("code_invalid", (await edge.Post($"/core/public/pair/terminal?code={code}", """{"name":"x"}""", ("Host", other.Domain))).Code);
            var device = await process.Send(new PairDevice(portal.Id, code, "Laptop"));
            await process.Send(new RegisterApp(portal.Id, "notes", Encoding.UTF8.GetBytes(Description)));
            var token = await process.Send(new IssueAppToken(portal.Id, "notes"));
            keys[portal] =
                (device.Token, token, (await process.Send(new StartAppSession(portal.Id, "notes", device.Id, StartAppSession.BearerLife))).Token, device.Id);
        }

        foreach (var (mine, theirs) in new[] { (ada, bea), (bea, ada) })
        {
            (string, string)[] At(Portal portal, string token) => [("Host", portal.Domain), HttpCalls.Bearer(token)];
            Assert.Equal(HttpStatusCode.OK, (await edge.Get("/core/protected/apps", At(mine, keys[mine].Owner))).Status);
            Assert.Equal("token_invalid", (await edge.Get("/core/protected/apps", At(theirs, keys[mine].Owner))).Code);
            Assert.Equal("device_unknown", (await edge.Delete($"/core/protected/terminals/{keys[theirs].Device}", At(mine, keys[mine].Owner))).Code);
            Assert.Equal(keys[mine].Device,
                Assert.Single((await edge.Get("/core/protected/terminals", At(mine, keys[mine].Owner))).Json.EnumerateArray()).GetProperty("id").GetString());
            Assert.Equal(HttpStatusCode.NotFound,
                (await edge.Get("/core/protected/apps", ("Host", "evil.example"), HttpCalls.Bearer(keys[mine].Owner))).Status);

            async Task<Said> Ask(Portal portal, string session) => await inner.Get("/internal/auth",
                ("X-Forwarded-Method", "GET"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", $"notes.{portal.Domain}"), ("X-Forwarded-Uri", "/"),
                HttpCalls.Bearer(session));
            Assert.Equal(HttpStatusCode.OK, (await Ask(mine, keys[mine].Session)).Status);
            Assert.Equal(HttpStatusCode.Unauthorized, (await Ask(theirs, keys[mine].Session)).Status);
            Assert.Equal("[]", (await inner.Get("/protected/peers", HttpCalls.Bearer(keys[mine].App))).Body);
            foreach (var path in new[] { "/protected/self", "/core/public/meta/whoareyou", "/public/meta/whoareyou" })
            {
                var self = (await inner.Get(path, HttpCalls.Bearer(keys[mine].App), ("Host", theirs.Domain))).Json;
                Assert.Equal((mine.Id.Value, mine.Domain), (self.GetProperty("id").GetString(), self.GetProperty("domain").GetString()));
            }
        }

        Assert.Equal("not_authenticated", (await inner.Get("/core/public/meta/whoareyou", ("Host", ada.Domain))).Code);
        await HearOnlyTheirOwn(process, inner, (ada, keys[ada].App), (bea, keys[bea].App));
    }

    /// <summary>The apps of both see every peer. What happens at one Portal is in no stream of the other, and no id of one is followed by the other.</summary>
    private static async Task HearOnlyTheirOwn(LivePortal process, HttpClient inner, (Portal Portal, string Token) one, (Portal Portal, string Token) other)
    {
        foreach (var portal in new[] { one.Portal, other.Portal })
            await process.Send(new SetVisibility(portal.Id, "notes", VisibilityMode.All, []));
        using var ones = await EventReader.Open(inner, one.Token);
        using var others = await EventReader.Open(inner, other.Token);
        Assert.Empty((await ones.Present()).Peers);
        Assert.Empty((await others.Present()).Peers);
        await process.Send(new AddPeer(other.Portal.Id, TypedPortalId.Parse("cccccc"), default, default));
        var theirs = await others.Next("peer_visible");
        await process.Send(new AddPeer(one.Portal.Id, TypedPortalId.Parse("dddddd"), default, default));
        Assert.Equal("dddddd", (await ones.Next("peer_visible")).Data.GetProperty("id").GetString());

        using var strange = await EventReader.Open(inner, one.Token, theirs.Id);
        Assert.Equal("dddddd", Assert.Single((await strange.Present()).Peers).GetProperty("id").GetString());
    }

    /// <summary>Links, images and prefetching come with cookies; so whatever is read is only read: no event, and no row of any table.</summary>
    [Fact]
    public async Task No_GET_changes_anything()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        await using var portal = await zone.Move("Ada");
        using var owner = await portal.Owner();
        await portal.Send(new RegisterApp(portal.Id, "notes", Encoding.UTF8.GetBytes(Description)));
        using var stranger = Stranger.Appear();
        await portal.Send(stranger.Notice(portal, 1));
        using (await owner.GetAsync("/profile")) // the first page makes the key that all forms are protected with
        {
        }

        var (before, credentials) = (await Rows(portal), portal.Snapshot.Credentials);

        var paths = portal.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("GET") == true)
            .Select(endpoint =>
                "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
            {
                Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
                Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart { Name: "name" or "app" } => "notes",
                _ => "aaaaaa",
            })))))
            .Distinct().ToList();
        Assert.True(paths.Count > 15, string.Join(' ', paths));
        foreach (var path in paths)
        {
            using var soon = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            using var request = new HttpRequestMessage(HttpMethod.Get, path + "?path=/&code=aaaaaaaa&app=notes&to=/&state=" + new string('s', 43));
            using var answer = await owner.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, soon.Token); // a live stream does not end by itself
            await soon.CancelAsync();
        }

        Assert.Empty((await Rows(portal)).Where(table => before[table.Key] != table.Value).Select(table => table.Key));
        Assert.Same(credentials, portal.Snapshot.Credentials);
    }

    /// <summary>
    /// Each table's rows: events, read models and what has no event. Only the way to an app's host, which is all redirects, leaves a
    /// ticket, good once and for thirty seconds.
    /// </summary>
    private static async Task<Dictionary<string, string>> Rows(LivePortal portal)
    {
        await using var database = Npgsql.NpgsqlDataSource.Create(portal.Database);
        await using var tables = database.CreateCommand("select tablename from pg_tables where schemaname = 'registry' and tablename <> 'app_tickets'");
        await using var reader = await tables.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var found = new Dictionary<string, string>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            var table = reader.GetString(0);
            await using var rows = database.CreateCommand($"select coalesce(string_agg(t::text, E'\n' order by t::text), '') from registry.{table} t");
            found[table] = (string)(await rows.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
        }

        return found;
    }
}
