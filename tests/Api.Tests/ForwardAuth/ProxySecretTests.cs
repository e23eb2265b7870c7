using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>An app tells requests of the Portal's proxy from those of others that reach its port.</summary>
public sealed class ProxySecretTests(TwoPortals two) : IClassFixture<TwoPortals>
{
    private const string Paths = """{ "": { "access": "public" } }""";

    [Fact]
    public async Task An_app_gets_its_own_secret_and_no_other()
    {
        var (one, other) = (await two.App(Paths), await two.App(Paths));
        var said = await Ask(one);
        Assert.Equal((ProxySecret.Header, two.Secret(one)), (said.GetProperty("header").GetString(), said.GetProperty("secret").GetString()));
        Assert.Equal(43, two.Secret(one).Length);
        Assert.NotEqual(two.Secret(one), (await Ask(other)).GetProperty("secret").GetString());
        Assert.Equal(HttpStatusCode.Unauthorized, (await two.Inner.Get("/protected/proxy-secret")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await two.Inner.Get("/protected/proxy-secret", HttpCalls.Bearer("guessed"))).Status);

        var tenant = await two.Ada.Send(new CreatePortal(KeyKind.Ed25519, Neighbourhood.Zone, "Tenant"));
        await two.Ada.Send(new RegisterApp(tenant, one, Encoding.UTF8.GetBytes($$"""{"v":"1.0","name":"{{one}}","paths":{{Paths}}}""")));
        var namesake = two.Ada.Services.GetRequiredService<IPortalSnapshots>().Find(tenant)!.Apps[one];
        Assert.NotEqual(two.Secret(one), two.Ada.Services.GetRequiredService<IProxySecrets>().Of(tenant, namesake));
    }

    [Fact]
    public async Task A_secret_survives_an_update_and_ends_with_the_registration()
    {
        var app = await two.App(Paths);
        var first = two.Secret(app);
        await two.Ada.Send(new RegisterApp(two.Ada.Id, app, Encoding.UTF8.GetBytes($$"""{"v":"1.0","name":"{{app}}","paths":{"":{"access":"private"} } }""")));
        Assert.Equal(first, two.Secret(app));

        await two.Ada.Send(new RemoveApp(two.Ada.Id, app));
        two.Zone.Clock.Advance(TimeSpan.FromSeconds(1));
        two.Clock.Advance(TimeSpan.FromSeconds(1));
        await two.Ada.Send(new RegisterApp(two.Ada.Id, app, Encoding.UTF8.GetBytes($$"""{"v":"1.0","name":"{{app}}","paths":{{Paths}}}""")));
        Assert.NotEqual(first, two.Secret(app));
    }

    /// <summary>As an app on the same network would ask, to pose as the owner.</summary>
    [Fact]
    public async Task Postcards_refuses_a_request_that_did_not_come_through_the_proxy()
    {
        const string app = "postcards";
        await two.Ada.Send(new RegisterApp(two.Ada.Id, app, PostcardsProcess.Description));
        var other = await two.App(Paths);
        await using var postcards = await PostcardsProcess.Start(two.Ada.Internal, await two.Ada.Send(new IssueAppToken(two.Ada.Id, app)));
        using var itself = new HttpClient { BaseAddress = new Uri(postcards.Address) };
        foreach (var secret in new[] { null, "", two.Secret(other), two.Secret(app)[..42], two.Secret(app) + ", " + two.Secret(app) })
        {
            (string, string)[] headers = [("X-Ptl-Client-Type", "terminal"), .. secret is null ? [] : new[] { (ProxySecret.Header, secret) }];
            Assert.Equal(HttpStatusCode.Forbidden, (await itself.Get("/received", headers)).Status);
        }

        Assert.Equal(HttpStatusCode.OK, (await itself.Get("/received", (ProxySecret.Header, two.Secret(app)))).Status);
    }

    [Fact]
    public async Task No_verdict_carries_the_secret()
    {
        var app = await two.App("""{ "": { "access": "public", "headers": { "X-Ptl-Proxy-Secret": "mine" } } }""");
        var granted = await two.Ask(app, "/");
        Assert.Equal(HttpStatusCode.OK, granted.Status);
        Assert.Null(granted.Header(ProxySecret.Header)); // apps reach the internal listener too, and could ask about each other
    }

    private async Task<JsonElement> Ask(string app)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/protected/proxy-secret");
        request.Headers.Authorization = new("Bearer", await two.Ada.Send(new IssueAppToken(two.Ada.Id, app)));
        using var answer = await two.Inner.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }
}
