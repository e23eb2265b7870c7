using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;
using TwoPortals = PeerRegistry.Api.Tests.ForwardAuth.TwoPortals;

namespace PeerRegistry.Api.Tests.Apps;

/// <summary>What the core posts to an app of the peers that it sees, and what becomes of it when the app does not take it.</summary>
public sealed class WebhookTests(TwoPortals two) : IClassFixture<TwoPortals>
{
    private static int apps;

    [Fact]
    public async Task An_app_is_posted_what_it_sees_and_every_change_signed_with_its_secret()
    {
        await using var receiver = await HookReceiver.Start();
        var (app, token) = await App(two.Ada, receiver.Address, VisibilityMode.Some, two.Bob.Id);
        var secret = (await two.Inner.Get("/protected/webhook-secret", HttpCalls.Bearer(token))).Json;
        var proxy = (await two.Inner.Get("/protected/proxy-secret", HttpCalls.Bearer(token))).Json;

        var first = await receiver.Next("peer_visible");
        Assert.Equal(("POST", "/hooks/peers", "application/json"), (first.Method, first.Target, first.Headers["Content-Type"]));
        Assert.Equal(first.SignatureWith(secret.GetProperty("secret").GetString()!), first.Headers["webhook-signature"]);
        var sentAt = long.Parse(first.Headers["webhook-timestamp"], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(sentAt, two.Clock.GetUtcNow().ToUnixTimeSeconds() - 60, two.Clock.GetUtcNow().ToUnixTimeSeconds() + 1);
        Assert.Equal("/hooks/peers", secret.GetProperty("path").GetString());
        Assert.Equal(
            (proxy.GetProperty("secret").GetString(), "anonymous", $"{app}.{two.Ada.Domain}"),
            (first.Headers["X-Ptl-Proxy-Secret"], first.Headers["X-Ptl-Client-Type"], first.Headers["Host"]));
        Assert.Equal((two.Bob.Id.Value, "Bob Müller 🐈", "mutual"), (Text(first.Peer, "id"), Text(first.Peer, "name"), Text(first.Peer, "status")));

        await Rename(two.Bob.Id, "Robert");
        var renamed = await receiver.Next("peer_renamed");
        Assert.Equal("Robert", Text(renamed.Peer, "name"));
        Assert.NotEqual(first.Id, renamed.Id);
        await Rename(two.Bob.Id, null);
        await receiver.Next("peer_renamed");

        await two.Ada.Send(new ShowPeerToApp(two.Ada.Id, app, TypedPortalId.Of(two.Bob.Id), false));
        var removed = await receiver.Next("peer_removed");
        Assert.Equal(["id", "short_id"], removed.Peer.EnumerateObject().Select(member => member.Name));
        Assert.Equal("[]", (await Undelivered(app)).Body);
    }

    [Fact]
    public async Task Nothing_is_posted_about_a_peer_that_the_app_does_not_see()
    {
        await using var receiver = await HookReceiver.Start();
        await using var all = await HookReceiver.Start();
        await App(two.Ada, receiver.Address, VisibilityMode.Some, two.Bob.Id);
        await receiver.Next("peer_visible");
        var (other, _) = await App(two.Ada, all.Address, VisibilityMode.Some);
        var peer = Stranger();
        await two.Ada.Add(peer);
        await two.Ada.Send(new ShowPeerToApp(two.Ada.Id, other, TypedPortalId.Of(peer), true));
        await all.Next("peer_visible");
        await Rename(peer, "Somebody");
        await all.Next("peer_renamed");
        await two.Ada.Send(new RemovePeer(two.Ada.Id, TypedPortalId.Of(peer), true));
        await all.Next("peer_removed");

        await Rename(two.Bob.Id, "Bobby");
        Assert.Equal("Bobby", Text((await receiver.Next("peer_renamed")).Peer, "name"));
        await Rename(two.Bob.Id, null);
    }

    [Fact]
    public async Task What_the_app_refuses_is_posted_again_under_its_ID_and_redirects_are_not_followed()
    {
        await using var receiver = await HookReceiver.Start();
        receiver.Refuse((int)HttpStatusCode.TemporaryRedirect, location: "/elsewhere");
        receiver.Refuse((int)HttpStatusCode.ServiceUnavailable);
        var (app, _) = await App(two.Ada, receiver.Address, VisibilityMode.Some, two.Bob.Id);
        var first = await receiver.Next("peer_visible");
        var waiting = await Failed(app);
        Assert.Equal(
            (first.Id, "peer_visible", two.Bob.Id.Short.Value, "app_refused", 307, 1, JsonValueKind.String, JsonValueKind.Null), (
                Text(waiting, "id"), Text(waiting, "type"), Text(waiting, "short_id"), Text(waiting, "error"), waiting.GetProperty("status").GetInt32(),
                waiting.GetProperty("attempts").GetInt32(), waiting.GetProperty("next_attempt_at").ValueKind, waiting.GetProperty("given_up_at").ValueKind));
        Assert.Contains("status 307", await (await two.Owner.GetAsync($"/apps/{app}")).Content.ReadAsStringAsync(), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.Accepted, (await two.Owner.Post($"/core/protected/apps/{app}/undelivered-events/{first.Id}/redeliver")).Status);
        var second = await receiver.Next("peer_visible");
        Assert.Equal((first.Id, first.Body, "/hooks/peers"), (second.Id, second.Body, second.Target));
        var third = await receiver.Next("peer_visible"); // by itself, after the pause
        Assert.Equal((first.Id, first.Body), (third.Id, third.Body));
        await Eventually.Holds(async () => (await Undelivered(app)).Body == "[]");
        Assert.False(receiver.HasMore());
        Assert.Equal("event_unknown", (await two.Owner.Post($"/core/protected/apps/{app}/undelivered-events/{first.Id}/redeliver")).Code);
    }

    [Fact]
    public async Task An_event_that_nobody_takes_is_given_up_and_waits_for_the_owner()
    {
        await using var receiver = await HookReceiver.Start();
        receiver.Refuse((int)HttpStatusCode.InternalServerError, times: 2);
        var (app, _) = await App(two.Ada, receiver.Address, VisibilityMode.Some, two.Bob.Id);
        var first = await receiver.Next("peer_visible");
        await Failed(app);
        var now = two.Clock.GetUtcNow();
        await Sql(two.Ada, $"update registry.webhook_events set give_up_at = '{now:O}', next_attempt_at = '{now:O}' where app = '{app}'");
        await Rename(two.Bob.Id, "Bobby"); // has the app's events looked at
        await receiver.Next("peer_visible");
        Assert.Equal("Bobby", Text((await receiver.Next("peer_renamed")).Peer, "name")); // which passes the one that was given up
        Assert.Equal(JsonValueKind.String, (await Failed(app)).GetProperty("given_up_at").ValueKind);

        Assert.Equal(HttpStatusCode.NoContent, (await two.Owner.Delete($"/core/protected/apps/{app}/undelivered-events/{first.Id}")).Status);
        Assert.Equal("[]", (await Undelivered(app)).Body);
        Assert.Equal("event_unknown", (await two.Owner.Delete($"/core/protected/apps/{app}/undelivered-events/{first.Id}")).Code);
        await Rename(two.Bob.Id, null);
    }

    [Fact]
    public async Task What_waits_about_a_peer_is_withdrawn_when_the_peer_is_hidden()
    {
        await using var receiver = await HookReceiver.Start();
        var (app, _) = await App(two.Ada, receiver.Address, VisibilityMode.Some, two.Bob.Id);
        await receiver.Next("peer_visible");
        receiver.Refuse((int)HttpStatusCode.ServiceUnavailable);
        await Rename(two.Bob.Id, "Secret name");
        await receiver.Next("peer_renamed");
        await Failed(app);
        await two.Ada.Send(new ShowPeerToApp(two.Ada.Id, app, TypedPortalId.Of(two.Bob.Id), false));
        await receiver.Next("peer_removed");
        await Rename(two.Bob.Id, null);
        Assert.Equal("[]", (await Undelivered(app)).Body);
        await Eventually.Holds(async () => await Count(app) == 0);
    }

    [Fact]
    public async Task An_app_that_is_away_delays_no_other_and_hears_of_no_peer_that_was_hidden_before_it_was_told()
    {
        await using var receiver = await HookReceiver.Start();
        var peer = Stranger();
        await two.Ada.Add(peer);
        var (away, _) = await App(two.Ada, "127.0.0.1:1", VisibilityMode.Some, two.Bob.Id, peer);
        await Eventually.Holds(async () => await Count(away) == 2);
        await App(two.Ada, receiver.Address, VisibilityMode.Some, two.Bob.Id);
        await receiver.Next("peer_visible");
        await Eventually.Holds(async () => // once nothing has accepted a connection for 10 s, in which it turns out that the peer is unreachable, too
            (await Undelivered(away)).Json.EnumerateArray().Count(each => Text(each, "type") == "peer_visible") == 2);

        var tried = (await Undelivered(away)).Json.EnumerateArray().Single(each => each.GetProperty("attempts").GetInt32() > 0);
        Assert.Equal("app_unavailable", Text(tried, "error"));
        await two.Ada.Send(new SetVisibility(two.Ada.Id, away, VisibilityMode.None, []));
        await Eventually.Holds(async () => await Count(away) == 1);
        Assert.Equal(1L, await Count(away, $"and kind = 'peer_removed' and short_id = '{Text(tried, "short_id")}'"));
        await two.Ada.Send(new RemovePeer(two.Ada.Id, TypedPortalId.Of(peer), true));
    }

    [Fact]
    public async Task After_a_restart_an_app_is_told_what_it_was_not_and_nothing_twice()
    {
        await using var zone = await Neighbourhood.Start(two.Zone.Postgres);
        await using var receiver = await HookReceiver.Start();
        var ada = await zone.Move("Ada", arguments: [$"--Apps:Upstreams:diary={receiver.Address}"]);
        var (known, renamed) = (Stranger(), Stranger());
        await ada.Add(known);
        await ada.Add(renamed);
        await App(ada, receiver.Address, VisibilityMode.All, "diary");
        await receiver.Next("peer_visible");
        await receiver.Next("peer_visible");
        await Eventually.Holds(async () => await Count("diary", "", ada) == 0);

        await ada.Stop();
        await Sql(ada, $"update registry.webhook_peers set name = 'Before' where short_id = '{renamed.Short}'"); // as if it had died in between
        await ada.Start();
        Assert.Equal(renamed.Value, Text((await receiver.Next("peer_renamed")).Peer, "id"));

        await ada.Send(new RegisterApp(ada.Id, "diary", Description("diary", "null")));
        await Eventually.Holds(async () => (long)(await Value(ada, "select count(*) from registry.webhook_peers"))! == 0);
        Assert.False(receiver.HasMore());
    }

    private static PortalId Stranger() => PublicKey.Ed25519(RandomNumberGenerator.GetBytes(32)).Id;

    private static string? Text(JsonElement of, string name) => of.GetProperty(name).GetString();

    private static byte[] Description(string name, string webhook = "\"/hooks/peers\"") => Encoding.UTF8.GetBytes(
        $$"""{ "v": "1.0", "name": "{{name}}", "paths": { "": { "access": "private" } }, "webhook": {{webhook}} }""");

    private static async Task Sql(LivePortal portal, string statement) => await Value(portal, statement);

    private static async Task<object?> Value(LivePortal portal, string statement)
    {
        await using var database = NpgsqlDataSource.Create(portal.Database);
        await using var command = database.CreateCommand(statement);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    private async Task<long> Count(string app, string and = "", LivePortal? of = null) =>
        (long)(await Value(of ?? two.Ada, $"select count(*) from registry.webhook_events where app = '{app}' {and}"))!;

    private Task<(string Name, string Token)> App(LivePortal portal, string address, VisibilityMode mode, params PortalId[] peers) =>
        App(portal, address, mode, $"hook{Interlocked.Increment(ref apps)}", peers);

    private static async Task<(string Name, string Token)> App(LivePortal portal, string address, VisibilityMode mode, string name, params PortalId[] peers)
    {
        portal.Serve(new Dictionary<string, string> { [name] = address });
        await portal.Send(new RegisterApp(portal.Id, name, Description(name)));
        await portal.Send(new SetVisibility(portal.Id, name, mode, [.. peers.Select(TypedPortalId.Of)]));
        return (name, await portal.Send(new IssueAppToken(portal.Id, name)));
    }

    private Task<Said> Undelivered(string app) => two.Owner.Get($"/core/protected/apps/{app}/undelivered-events");

    /// <returns>The first event that the app was posted without success.</returns>
    private async Task<JsonElement> Failed(string app)
    {
        await Eventually.Holds(async () => (await Undelivered(app)).Json.GetArrayLength() > 0);
        return (await Undelivered(app)).Json[0];
    }

    private Task<MediatR.Unit> Rename(PortalId peer, string? name) => two.Ada.Send(new RenamePeer(two.Ada.Id, TypedPortalId.Of(peer), name));
}
