using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.ForwardAuth;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Devices;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Tests;
using TwoPortals = PeerRegistry.Api.Tests.ForwardAuth.TwoPortals;

namespace PeerRegistry.Api.Tests.Hosting;

/// <summary>The server is stopped under two running Portals, and started again.</summary>
public sealed class DatabaseAwayTests : IAsyncLifetime
{
    private const string Paths = """{"":{"access":"private"},"/peer":{"access":"peer"}}""";

    private readonly TestPostgres postgres = new();
    private TwoPortals two = null!;
    private HttpClient app = null!;
    private string name = "";
    private string session = "";

    public async ValueTask InitializeAsync()
    {
        await postgres.InitializeAsync();
        two = new TwoPortals(postgres);
        await two.InitializeAsync();
        name = await two.App(Paths, Visibility.All);
        await two.Bob.Send(new RegisterApp(two.Bob.Id, name, Encoding.UTF8.GetBytes($$"""{"v":"1.0","name":"{{name}}","paths":{{Paths}}}""")));
        await two.Bob.Send(new SetVisibility(two.Bob.Id, name, VisibilityMode.All, []));
        two.Bob.Apps[name] = context => context.Response.Body.WriteAsync("here"u8.ToArray()).AsTask();
        app = new HttpClient { BaseAddress = two.Ada.Internal };
        app.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await two.Ada.Send(new IssueAppToken(two.Ada.Id, name)));
        session = await two.Session(name);
        await two.Owner.Get("/peers", ("Accept", "text/html"));
    }

    public async ValueTask DisposeAsync()
    {
        app.Dispose();
        await two.DisposeAsync();
        await postgres.DisposeAsync();
    }

    [Fact]
    public async Task While_the_database_is_away_routes_that_need_it_are_unavailable_and_the_hot_paths_go_on()
    {
        await GoOn();
        var code = (await two.Ada.Send(new CreatePairingCode(two.Ada.Id))).Code;
        await postgres.Stop();

        foreach (var (what, asked) in NeedIt(code))
        {
            var answer = await asked;
            Assert.True(HttpStatusCode.ServiceUnavailable == answer.Status, $"{what}: {answer.Status} {answer.Body}");
            Assert.Equal("database_unavailable", answer.Code);
            Assert.Equal("1", answer.Header("Retry-After"));
        }

        using var stranger = Stranger.Appear();
        two.Clock.Advance(two.Zone.Clock.GetUtcNow() - two.Clock.GetUtcNow()); // strangers sign by the zone's clock
        var (status, body, headers) = await stranger.Send(two.Ada, 1);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("database_unavailable", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
        Assert.Contains("Retry-After", headers);

        var page = await two.Owner.Get("/peers", ("Accept", "text/html"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "1", "text/html"),
            (page.Status, page.Header("Retry-After"), page.Answer.Content.Headers.ContentType?.MediaType));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await two.Owner.Get("/health/ready")).Status);
        await GoOn();

        await postgres.Start();
        var watch = Stopwatch.StartNew();
        while ((await two.Owner.Get("/core/protected/peers")).Status != HttpStatusCode.OK)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        await Eventually.Holds(async () => (await two.Owner.Get("/health/ready")).Status == HttpStatusCode.OK, null, 2);
        Assert.Equal(HttpStatusCode.Created, (await two.Owner.Put("/core/protected/peers", """{"id":"bbbbbb"}""")).Status);
    }

    [Fact]
    public async Task While_the_database_is_away_no_route_answers_with_an_internal_error()
    {
        await postgres.Stop();
        var wrong = new List<string>();
        foreach (var endpoint in two.Ada.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>())
        {
            if (endpoint.RoutePattern.RawText is not { } route || route is "/live") // answers before it asks
                continue;
            var path = "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(Filled))));
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            {
                foreach (var client in new[] { two.Owner, app })
                {
                    var answer = await client.Say(new HttpMethod(method), path, method == "GET" ? null : "{}");
                    if ((int)answer.Status == 500 || (answer.Status == HttpStatusCode.ServiceUnavailable && answer.Header("Retry-After") is null))
                        wrong.Add($"{method} {path}: {answer.Status} {answer.Body}");
                }
            }
        }

        await postgres.Start();
        Assert.Empty(wrong);
    }

    private IEnumerable<(string What, Task<Said> Asked)> NeedIt(string code)
    {
        yield return ("the owner's list", two.Owner.Get("/core/protected/peers"));
        yield return ("an app's list", app.Get("/protected/peers"));
        yield return ("a new peer", two.Owner.Put("/core/protected/peers", """{"id":"cccccc"}"""));
        yield return ("pairing", two.Owner.Post($"/core/public/pair/terminal?code={code}", """{"name":"Phone"}"""));
        yield return ("the history", two.Owner.Get("/core/protected/events"));
    }

    /// <summary>Forward-auth by session and by signature, a call to a peer, and who this Portal is.</summary>
    private async Task GoOn()
    {
        Assert.Equal(HttpStatusCode.OK, (await two.Ask(name, "/", headers: HttpCalls.Bearer(session))).Status);
        Assert.Equal(HttpStatusCode.OK, (await two.AskSigned(name, "/peer")).Status);
        Assert.Equal(HttpStatusCode.OK, (await two.Owner.Get("/core/public/meta/whoareyou?challenge=0123456789012345678901")).Status);
        var call = await app.Get($"/internal/call_peer/{two.Bob.Id}/peer");
        Assert.Equal((HttpStatusCode.OK, "here"), (call.Status, call.Body));
    }

    private string Filled(Microsoft.AspNetCore.Routing.Patterns.RoutePatternPart part) => part switch
    {
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternSeparatorPart separator => separator.Content,
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart { Name: "name" } => name,
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart { Name: "id" } => two.Bob.Id.Value,
        _ => "x",
    };
}
