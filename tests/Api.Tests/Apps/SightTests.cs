using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Gateway;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Apps;

/// <summary>Which app sees which peer, from both sides, and what the peer is told of it.</summary>
public sealed class SightTests(GatewayPair pair) : IClassFixture<GatewayPair>
{
    [Fact]
    public async Task One_peer_is_hidden_from_an_app_that_sees_all_and_shown_again()
    {
        var app = await pair.App(context => context.Response.WriteAsync("here"));
        var switched = $"/core/protected/peers/{pair.Bob.Id.Short}/apps/{app}";
        Assert.Equal(HttpStatusCode.NoContent, (await pair.Owner.Put(switched, """{"visible":false}""")).Status);
        var seen = (await pair.Owner.Get($"/core/protected/apps/{app}/visibility")).Json;
        Assert.Equal(
            ("all_except", pair.Bob.Id.Value),
            (seen.GetProperty("mode").GetString(), seen.GetProperty("peers").EnumerateArray().Single().GetString()));

        Assert.Equal(HttpStatusCode.NoContent, (await pair.Owner.Put(switched, """{"visible":true}""")).Status);
        using var caller = await pair.Caller(app);
        Assert.Equal("here", (await caller.Get(pair.Call("/peer"))).Body);
        Assert.Equal("app_unknown", (await pair.Owner.Put(switched + "x", """{"visible":true}""")).Code);
        Assert.Equal("peer_unknown", (await pair.Owner.Put($"/core/protected/peers/aaaaaa/apps/{app}", """{"visible":true}""")).Code);
    }

    [Fact]
    public async Task A_mutual_peer_is_told_which_apps_it_may_use_and_no_other()
    {
        var app = await pair.App(context => context.Response.WriteAsync("here"));
        using var caller = await pair.Caller(app);
        await Tell();
        await Eventually.Holds(async () => await HasApp(caller) is JsonValueKind.True);

        await pair.Ada.Send(new SetVisibility(pair.Ada.Id, app, VisibilityMode.None, []));
        await Tell();
        await Eventually.Holds(async () => await HasApp(caller) is JsonValueKind.False);

        await pair.Ada.Send(new AnnounceApps(pair.Ada.Id, false));
        await Tell();
        await Eventually.Holds(async () => await HasApp(caller) is JsonValueKind.Null);
        await pair.Ada.Send(new AnnounceApps(pair.Ada.Id, true));
    }

    [Fact]
    public async Task A_change_of_who_is_seen_is_told_by_itself()
    {
        var app = await pair.App(context => context.Response.WriteAsync("here"));
        using var caller = await pair.Caller(app);
        await Eventually.Holds(async () => await HasApp(caller) is JsonValueKind.True);
    }

    [Fact]
    public async Task An_icon_is_kept_as_what_draws_and_served_as_a_picture()
    {
        var app = await pair.App(context => context.Response.WriteAsync("here"));
        const string Drawing = """
            <?xml version="1.0"?>
            <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 8 8" onload="alert(1)">
            <script>alert(2)</script><foreignObject><body xmlns="http://www.w3.org/1999/xhtml" onclick="alert(3)"/></foreignObject>
            <image href="https://tracker.test/x.png"/><a href="javascript:alert(4)"><path d="M0 0h8v8z" fill="url(#g)" style="fill:url(https://tracker.test)"/></a>
            <use xlink:href="https://tracker.test/x.svg#a"/><rect width="8" height="8" fill="red"/></svg>
            """;
        using var client = new HttpClient { BaseAddress = pair.Ada.Edge };
        client.DefaultRequestHeaders.Host = pair.Ada.Domain;
        client.DefaultRequestHeaders.Authorization = pair.Owner.DefaultRequestHeaders.Authorization;
        using var put = await client.PutAsync($"/core/protected/apps/{app}/icon", new StringContent(Drawing), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, put.StatusCode);

        var icon = await client.Get($"/core/protected/apps/{app}/icon");
        Assert.Equal("image/svg+xml", icon.Answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("sandbox", icon.Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Contains("""<rect width="8" height="8" fill="red" />""", icon.Body, StringComparison.Ordinal);
        foreach (var bad in new[] { "alert", "tracker", "script", "foreignObject", "onload", "javascript", "<a", "image" })
            Assert.DoesNotContain(bad, icon.Body, StringComparison.OrdinalIgnoreCase);

        foreach (var (body, code) in new[] { ("no picture", "icon_invalid"), ("<svg", "icon_invalid"), (new string('x', (256 * 1024) + 1), "icon_too_large") })
        {
            using var refused = await client.PutAsync($"/core/protected/apps/{app}/icon", new StringContent(body), TestContext.Current.CancellationToken);
            Assert.Contains(code, await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.NoContent, (await client.Delete($"/core/protected/apps/{app}/icon")).Status);
        Assert.Equal("icon_unknown", (await client.Get($"/core/protected/apps/{app}/icon")).Code);
    }

    /// <summary>Sends Bob Ada's present state at once, and not only some seconds later.</summary>
    private Task<MediatR.Unit> Tell() => pair.Ada.Send(new TryPeerNow(pair.Ada.Id, TypedPortalId.Of(pair.Bob.Id)));

    private static async Task<JsonValueKind> HasApp(HttpClient caller) =>
        (await caller.Get("/protected/peers")).Json.EnumerateArray().Single().GetProperty("has_app").ValueKind;
}
