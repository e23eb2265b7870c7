using System.Net;
using System.Text.Json;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.ForwardAuth;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Circles;

/// <summary>Circles as the owner keeps them, and what they show to apps.</summary>
public sealed class CircleApiTests(TwoPortals two) : IClassFixture<TwoPortals>
{
    private const string Circles = "/core/protected/circles";
    private const string PeerOnly = """{ "": { "access": "peer" } }""";
    private static int names;

    private string BobsCircles => $"/core/protected/peers/{two.Bob.Id}/circles";

    [Fact]
    public async Task A_circle_is_created_renamed_filled_and_removed()
    {
        var (id, name) = await Create();
        Assert.Equal(HttpStatusCode.NoContent, (await two.Owner.Say(HttpMethod.Patch, $"{Circles}/{id}", $$"""{"name":"{{name}} again"}""")).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await two.Owner.Post($"{Circles}/{id}/peers", $$"""{"add":["{{two.Bob.Id.Short}}"]}""")).Status);

        var shown = (await two.Owner.Get($"{Circles}/{id}")).Json;
        Assert.Equal($"{name} again", shown.GetProperty("name").GetString());
        Assert.Equal([two.Bob.Id.Value], shown.GetProperty("peers").EnumerateArray().Select(peer => peer.GetString()));
        var listed = (await two.Owner.Get(Circles)).Json.EnumerateArray().Single(circle => circle.GetProperty("id").GetString() == id);
        Assert.Equal(1, listed.GetProperty("count").GetInt32());
        Assert.Contains(id, (await two.Owner.Get(BobsCircles)).Json.GetProperty("circles").EnumerateArray().Select(circle => circle.GetString()));

        Assert.Equal(HttpStatusCode.NoContent, (await two.Owner.Post($"{Circles}/{id}/peers", $$"""{"remove":["{{two.Bob.Id}}"]}""")).Status);
        Assert.Equal(0, (await two.Owner.Get($"{Circles}/{id}")).Json.GetProperty("peers").GetArrayLength());
        Assert.Equal(HttpStatusCode.NoContent, (await two.Owner.Delete($"{Circles}/{id}")).Status);
        Assert.Equal("circle_unknown", (await two.Owner.Delete($"{Circles}/{id}")).Code);
    }

    [Fact]
    public async Task What_is_wrong_with_a_circle_is_said_by_its_code()
    {
        var (id, name) = await Create();
        foreach (var (target, body, status, code) in new[]
                 {
                     (Circles, $$"""{"name":"{{name.ToUpperInvariant()}}"}""", 409, "circle_name_taken"), (Circles, """{"name":""}""", 400, "name_invalid"),
                     (Circles, $$"""{"name":"{{new string('x', 61)}}"}""", 400, "name_invalid"), ($"{Circles}/nothere/peers", "{}", 404, "circle_unknown"),
                     ($"{Circles}/{id}/peers", """{"add":["aaaaaa"]}""", 404, "peer_unknown"), ($"{Circles}/{id}/peers", """{"add":["?"]}""", 400, "id_malformed"),
                 })
        {
            var refused = await two.Owner.Post(target, body);
            Assert.Equal((status, code), ((int)refused.Status, refused.Code));
        }

        Assert.Equal("circle_unknown", (await two.Owner.Put(BobsCircles, """{"circles":["aaaaaaaaaaaaaaaa"]}""")).Code);
        Assert.Equal("json_invalid", (await two.Owner.Put(BobsCircles, """{"circles":["x"]}""")).Code);
        var app = await two.App(PeerOnly);
        Assert.Equal("circle_unknown", (await two.Owner.Put($"/core/protected/apps/{app}/visibility", """{"mode":"some","circles":["aaaaaaaaaaaaaaaa"]}""")).Code);
        Assert.Equal("request_invalid", (await two.Owner.Put($"/core/protected/apps/{app}/visibility", $$"""{"mode":"all","circles":["{{id}}"]}""")).Code);
    }

    [Fact]
    public async Task An_app_that_sees_a_circle_sees_who_is_in_it_as_long_as_they_are()
    {
        var (id, _) = await Create();
        var app = await two.App(PeerOnly);
        Assert.Equal(HttpStatusCode.NoContent,
            (await two.Owner.Put($"/core/protected/apps/{app}/visibility", $$"""{"mode":"some","circles":["{{id}}"]}""")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await two.AskSigned(app, "/")).Status);

        await two.Owner.Put(BobsCircles, $$"""{"circles":["{{id}}"]}""");
        Assert.Equal(HttpStatusCode.OK, (await two.AskSigned(app, "/")).Status);
        Assert.Contains(two.Bob.Id.Value, (await Seen(app)).Body, StringComparison.Ordinal);

        await two.Owner.Put(BobsCircles, """{"circles":[]}""");
        Assert.Equal(HttpStatusCode.Unauthorized, (await two.AskSigned(app, "/")).Status);
        Assert.Equal("[]", (await Seen(app)).Body);
    }

    [Fact]
    public async Task An_app_that_sees_all_but_a_circle_still_does_not_see_its_peers_when_the_circle_is_removed()
    {
        var (id, _) = await Create();
        var app = await two.App(PeerOnly);
        await two.Owner.Put(BobsCircles, $$"""{"circles":["{{id}}"]}""");
        await two.Owner.Put($"/core/protected/apps/{app}/visibility", $$"""{"mode":"all_except","circles":["{{id}}"]}""");
        Assert.Equal(HttpStatusCode.Unauthorized, (await two.AskSigned(app, "/")).Status);

        await two.Owner.Delete($"{Circles}/{id}");
        Assert.Equal(HttpStatusCode.Unauthorized, (await two.AskSigned(app, "/")).Status);
        var visibility = (await two.Owner.Get($"/core/protected/apps/{app}/visibility")).Json;
        Assert.Equal(("all_except", two.Bob.Id.Value, 0), (visibility.GetProperty("mode").GetString(),
            visibility.GetProperty("peers").EnumerateArray().Single().GetString(), visibility.GetProperty("circles").GetArrayLength()));

        await two.Owner.Put($"/core/protected/apps/{app}/visibility", """{"mode":"all_except","peers":[]}""");
        Assert.Equal(HttpStatusCode.OK, (await two.AskSigned(app, "/")).Status);
    }

    [Fact]
    public async Task A_circle_is_in_nothing_that_leaves_the_Portal()
    {
        var (id, name) = await Create();
        var app = await two.App(PeerOnly, Visibility.All);
        await two.Owner.Put(BobsCircles, $$"""{"circles":["{{id}}"]}""");
        var verdict = await two.AskSigned(app, "/");
        using var anybody = new HttpClient { BaseAddress = two.Ada.Edge };
        string[] told =
        [
            (await Seen(app)).Body, string.Join('\n', verdict.Answer.Headers.Select(field => $"{field.Key}: {string.Join(',', field.Value)}")),
            (await anybody.Get("/core/public/meta/whoareyou")).Body, (await anybody.Get("/")).Body,
        ];
        Assert.All(told, text =>
        {
            Assert.DoesNotContain(id, text, StringComparison.Ordinal);
            Assert.DoesNotContain(name, text, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task More_peers_than_one_transaction_takes_join_a_circle_at_once()
    {
        var (id, _) = await Create();
        var many = Enumerable.Range(0, ChangeCirclePeers.MaxPeers + 5)
            .Select(_ => PublicKey.Ed25519(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)).Id).ToList();
        foreach (var peer in many)
            await two.Ada.Send(new AddPeer(two.Ada.Id, TypedPortalId.Of(peer), default, default));
        var body = JsonSerializer.Serialize(new { add = many.Select(peer => peer.Value) });
        Assert.Equal(HttpStatusCode.NoContent, (await two.Owner.Post($"{Circles}/{id}/peers", body)).Status);
        Assert.Equal(many.Count, (await two.Owner.Get($"{Circles}/{id}")).Json.GetProperty("peers").GetArrayLength());
    }

    private async Task<(string Id, string Name)> Create()
    {
        var name = $"Circle {Interlocked.Increment(ref names)}";
        var created = await two.Owner.Post(Circles, $$"""{"name":"{{name}}"}""");
        Assert.Equal(HttpStatusCode.Created, created.Status);
        return (created.Json.GetProperty("id").GetString()!, name);
    }

    private async Task<Said> Seen(string app) =>
        await two.Inner.Get("/protected/peers", HttpCalls.Bearer(await two.Ada.Send(new IssueAppToken(two.Ada.Id, app))));
}
