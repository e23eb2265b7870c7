using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Client;
using PeerRegistry.Fake;

namespace PeerRegistry.Api.Tests.Sdk;

/// <summary>What a test of an app can do with the fake, in .NET and by its control API.</summary>
public sealed class FakePortalTests
{
    private const string Description = """
        {"v":"1.0","name":"postcards","paths":{"":{"access":"private"},"/public/":{"access":"public"},
        "/postcards":{"access":"peer","headers":{"X-Ptl-Short":"{{ auth.client_id[:6] }}"}}}}
        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Answers_are_given_in_turn_and_the_last_one_stays()
    {
        await using var fake = await FakePortal.Start();
        var ben = fake.AddPeer("Ben");
        ben.Answers = [FakeAnswer.Failing("peer_unreachable", "certificate_expired"), new FakeAnswer(201, "first"), new FakeAnswer(200, "then")];
        using var portal = Portal(fake);

        var failed = await Assert.ThrowsAsync<PortalException>(() => portal.Caller(ben.Id).GetStringAsync("/a", Stop));
        Assert.Equal(("peer_unreachable", "certificate_expired"), (failed.Code, failed.Reason));
        foreach (var expected in new[] { "first", "then", "then" })
            Assert.Equal(expected, await portal.Caller(ben.ShortId).GetStringAsync("/a?b", Stop));
        Assert.Equal(["/a", "/a?b", "/a?b", "/a?b"], fake.Calls.Select(call => call.Target));
        fake.ForgetCalls();
        Assert.Empty(fake.Calls);
    }

    [Fact]
    public async Task A_call_that_is_delivered_later_waits_for_a_peer_that_comes_back()
    {
        await using var fake = await FakePortal.Start();
        var ben = fake.AddPeer("Ben");
        ben.Answers = [FakeAnswer.Failing("peer_unreachable", "name_unresolved"), new FakeAnswer(503), new FakeAnswer(201, "thanks")];
        using var portal = Portal(fake);
        var id = await portal.Deferred.Send(Card(ben), "card", Stop);
        await Eventually.Holds(async () => (await portal.Deferred.Find(id, Stop)).State == "delivered");

        var call = await portal.Deferred.Find(id, Stop);
        Assert.Equal((3, null, 201, true), (call.Attempts, call.Reason, call.Answer!.Status, call.Answer.IsVerified));
        Assert.Equal("thanks", await (await portal.Deferred.Answer(id, Stop)).ReadAsStringAsync(Stop));
        Assert.Equal("card", Assert.Single(fake.Calls).Headers["Idempotency-Key"]);
    }

    [Fact]
    public async Task A_call_that_is_delivered_later_ends_in_every_way_that_it_can()
    {
        await using var fake = await FakePortal.Start();
        using var portal = Portal(fake);
        var (forged, cut, off, hidden, code) = (fake.AddPeer("Forged"), fake.AddPeer("Cut"), fake.AddPeer("Off"), fake.AddPeer("Hidden"), fake.AddPeer("Code"));
        forged.Answers = [FakeAnswer.Failing("answer_forged")];
        cut.Answers = [new FakeAnswer(200, "half of this") { Fault = FakeAnswer.Cut }];
        (off.IsReachable, hidden.IsReachable) = (false, false);
        code.App = context => context.Response.WriteAsync($"{context.Request.Method} {context.Request.Path} {context.Request.Headers["X-Ptl-Client-Type"]}");
        var ids = new List<Guid>();
        foreach (var peer in new[] { forged, cut, off, hidden, code })
            ids.Add(await portal.Deferred.Send(Card(peer), peer.Name, Stop));

        await Eventually.Holds(async () => (await portal.Deferred.List(Stop).ToListAsync(Stop)).Count(call => call.State == "waiting") == 2);
        Assert.True(fake.CancelDeferred(ids[2].ToString()));
        hidden.IsVisible = false;
        Assert.Equal(
            [("failed", "answer_forged", null), ("delivered", "already_delivered", 200), ("cancelled", "connection_refused", null), ("delivered", null, 200)],
            (await portal.Deferred.List(Stop).ToListAsync(Stop)).Select(call => (call.State, call.Reason, call.Answer?.Status)));
        Assert.Equal("call_unknown", (await Assert.ThrowsAsync<PortalException>(() => portal.Deferred.Find(ids[3], Stop))).Code);
        Assert.Equal("answer_missing", (await Assert.ThrowsAsync<PortalException>(() => portal.Deferred.Answer(ids[1], Stop))).Code);
        Assert.Equal("POST /cards peer", await (await portal.Deferred.Answer(ids[4], Stop)).ReadAsStringAsync(Stop));
        Assert.False(fake.CancelDeferred("none"));
    }

    [Fact]
    public async Task Only_permissions_that_the_description_asks_for_are_granted()
    {
        await using var fake = await FakePortal.Start(new FakeOptions
        {
            Description = Encoding.UTF8.GetBytes("""{"v":"1.0","name":"app","paths":{"":{"access":"public"}},"permissions":["profile"]}"""),
        });
        using var client = new HttpClient { BaseAddress = fake.Core };
        using var portal = Portal(fake);
        Assert.Equal(HttpStatusCode.NoContent, (await client.Put("/fake/permissions/profile", """{"granted":true}""")).Status);
        Assert.Equal(new OwnerProfile("Fake", false), await portal.Profile(Stop));
        fake.Avatar = new byte[] { 0xff, 0xd8 };
        Assert.Equal([0xff, 0xd8], await portal.Avatar(Stop));
        Assert.Equal("request_invalid", (await client.Put("/fake/permissions/devices", """{"granted":true}""")).Code);
        Assert.Throws<ArgumentException>(() => fake.Grant("devices"));
        Assert.Equal(["profile"], (await portal.DescribeSelf(Stop)).Permissions);
        fake.Reset();
        Assert.Empty(fake.Permissions);
    }

    [Theory]
    [InlineData("peer_unreachable", 502)]
    [InlineData("answer_invalid", 502)]
    [InlineData("answer_forged", 502)]
    [InlineData("peer_timeout", 504)]
    [InlineData("app_not_installed", 404)]
    [InlineData("rate_limited", 429)]
    [InlineData("database_unavailable", 503)]
    [InlineData("storage_full", 507)]
    public async Task Every_fault_has_its_status(string fault, int status)
    {
        await using var fake = await FakePortal.Start();
        fake.AddPeer("Ben").Answers = [FakeAnswer.Failing(fault)];
        using var portal = new PortalClient(new PortalOptions { Core = fake.Core, Token = fake.Token, MaxRetries = 0 });
        var thrown = await Assert.ThrowsAsync<PortalException>(() => portal.Caller(fake.Peers.Single().Id).GetAsync("/", Stop));
        Assert.Equal((fault, (HttpStatusCode)status), (thrown.Code, thrown.StatusCode));
    }

    [Fact]
    public async Task Peers_are_slow_break_off_disappear_and_are_hidden()
    {
        await using var fake = await FakePortal.Start();
        var ben = fake.AddPeer("Ben");
        using var portal = Portal(fake);
        var client = portal.Caller(ben.Id);

        ben.Answers = [new FakeAnswer(200, "late") { Delay = TimeSpan.FromHours(1) }];
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var slow = client.GetAsync("/", impatient.Token);
        await Eventually.Holds(() => fake.Calls.Count == 1);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => slow);

        ben.Answers = [new FakeAnswer(200, "half of this") { Fault = FakeAnswer.Cut }];
        using (var cut = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead, Stop))
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => cut.Content.ReadAsStringAsync(Stop));

        ben.Answers = [];
        ben.IsReachable = false;
        Assert.Equal("peer_unreachable", await Code(client));
        (ben.IsReachable, ben.IsVisible) = (true, false);
        Assert.Equal("peer_unknown", await Code(client));
        (ben.IsVisible, ben.Status) = (true, "withdrawn");
        Assert.Equal("peering_not_mutual", await Code(client));
        ben.Status = "mutual";
        Assert.Null(await Code(client));
        fake.Remove(ben);
        Assert.Equal("peer_unknown", await Code(client));
        Assert.Throws<ArgumentException>(() => FakeAnswer.Failing("no_such_fault"));
    }

    [Fact]
    public async Task A_peers_app_may_be_code()
    {
        await using var fake = await FakePortal.Start();
        var ben = fake.AddPeer("Ben");
        ben.App = async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            var from = context.Request.Headers["X-Ptl-Client-Id"] == fake.Id;
            await context.Response.WriteAsync($"{context.Request.Method} {context.Request.Path.Value}{context.Request.QueryString} {from} {await body.ReadToEndAsync(Stop)}", Stop);
        };
        using var portal = Portal(fake);
        using var answer = await portal.Caller(ben.Id).PostAsync("/a%20b?c=1", new StringContent("Grüße"), Stop);
        Assert.Equal("POST /a b?c=1 True Grüße", await answer.Content.ReadAsStringAsync(Stop));
    }

    [Fact]
    public async Task A_WebSocket_is_echoed()
    {
        await using var fake = await FakePortal.Start();
        var ben = fake.AddPeer("Ben");
        using var invoker = new HttpMessageInvoker(new CallPeerHandler(new PortalOptions { Core = fake.Core, Token = fake.Token }));
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"wss://{ben.Id}/live"), invoker, Stop);
        await socket.SendAsync("Grüße"u8.ToArray(), WebSocketMessageType.Text, true, Stop);
        var buffer = new byte[100];
        var echo = await socket.ReceiveAsync(buffer, Stop);
        Assert.Equal("Grüße", Encoding.UTF8.GetString(buffer, 0, echo.Count));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Stop);
    }

    [Fact]
    public async Task The_proxy_decides_by_the_rules_of_the_app()
    {
        await using var app = await PlainHost.Start(context =>
            context.Response.WriteAsync($"{context.Request.Headers["X-Ptl-Client-Type"]} {context.Request.Headers["X-Ptl-Short"]}", Stop));
        await using var fake = await FakePortal.Start(
            new FakeOptions { AppUrl = new Uri(app.Urls.First()), Description = Encoding.UTF8.GetBytes(Description) });
        var ben = fake.AddPeer("Ben");
        using var owner = fake.Client(FakeCaller.Owner());
        using var peer = fake.Client(FakeCaller.Peer(ben));
        using var anybody = fake.Client(FakeCaller.Anonymous);

        Assert.Equal("postcards", fake.App);
        Assert.Equal("terminal ", (await owner.Get("/")).Body);
        Assert.Equal($"peer {ben.ShortId}", (await peer.Get("/postcards", ("X-Ptl-Short", "forged"))).Body);
        Assert.Equal("anonymous ", (await anybody.Get("/public/x")).Body);
        Assert.Equal((HttpStatusCode.Forbidden, "forbidden"), Refusal(await peer.Get("/")));
        Assert.Equal((HttpStatusCode.Forbidden, "forbidden"), Refusal(await owner.Get("/postcards")));
        Assert.Equal((HttpStatusCode.Unauthorized, "not_authenticated"), Refusal(await anybody.Get("/postcards")));
        Assert.Equal((HttpStatusCode.BadRequest, "path_ambiguous"), Refusal(await owner.Get("/public%2F%2E%2E%2Fx")));
        await Assert.ThrowsAsync<ArgumentException>(() => FakePortal.Start(new FakeOptions { Description = "{}"u8.ToArray() }));
    }

    [Fact]
    public async Task The_control_API_scripts_peers_and_tells_of_calls()
    {
        await using var fake = await FakePortal.Start();
        using var control = new HttpClient { BaseAddress = fake.Core };
        var ben = (await control.Put("/fake/peers/Ben", """{"answers":[{"status":201,"body":"hi","headers":{"X-A":"1"}},{"fault":"answer_forged"}]}""")).Json;
        var id = ben.GetProperty("id").GetString()!;
        Assert.Equal((id[..6], "mutual", true), (ben.GetProperty("short_id").GetString(), ben.GetProperty("status").GetString(), ben.GetProperty("is_visible").GetBoolean()));

        var token = HttpCalls.Bearer((await control.Get("/fake")).Json.GetProperty("token").GetString()!);
        var answered = await control.Post($"/internal/call_peer/{id}/x?y", "{}", token);
        Assert.Equal((HttpStatusCode.Created, "hi", "1"), (answered.Status, answered.Body, answered.Header("X-A")));
        Assert.Equal("answer_forged", (await control.Get($"/internal/call_peer/{id}/z", token)).Code);

        var calls = (await control.Get("/fake/calls")).Json;
        Assert.Equal(("POST", "/x?y", "{}", "Ben"), (Text(calls[0], "method"), Text(calls[0], "target"), Text(calls[0], "text"), Text(calls[0], "peer_name")));
        Assert.Equal(2, calls.GetArrayLength());
        Assert.Equal(HttpStatusCode.NoContent, (await control.Delete("/fake/calls")).Status);
        Assert.Equal("[]", (await control.Get("/fake/calls")).Body);

        await control.Put("/fake/peers/Ben", """{"is_visible":false}""");
        Assert.Equal("peer_unknown", (await control.Get($"/internal/call_peer/{id}/z", token)).Code);
        Assert.Equal("[]", (await control.Get("/protected/peers", token)).Body);
        Assert.Equal(1, (await control.Get("/fake/peers")).Json.GetArrayLength());
        Assert.Equal(HttpStatusCode.NoContent, (await control.Delete("/fake/peers/Ben")).Status);
        Assert.Equal((HttpStatusCode.NotFound, "peer_unknown"), Refusal(await control.Delete("/fake/peers/Ben")));
    }

    [Theory]
    [InlineData("""{"status":"odd"}""", 400, "request_invalid")]
    [InlineData("""{"answers":[{"fault":"odd"}]}""", 400, "request_invalid")]
    [InlineData("""{"odd":1}""", 400, "json_invalid")]
    [InlineData("{", 400, "json_invalid")]
    public async Task The_control_API_refuses_what_it_does_not_understand(string script, int status, string code)
    {
        await using var fake = await FakePortal.Start();
        using var control = new HttpClient { BaseAddress = fake.Core };
        Assert.Equal(((HttpStatusCode)status, code), Refusal(await control.Put("/fake/peers/Ben", script)));
        Assert.Empty(fake.Peers);
        using var form = await control.PostAsync("/fake/requests", new StringContent("{}"), Stop); // as a page of another origin may send
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, form.StatusCode);
    }

    [Fact]
    public async Task The_control_API_plays_the_proxy()
    {
        await using var app = await PlainHost.Start(context => context.Response.WriteAsync(
            $"{context.Request.Headers["X-Ptl-Client-Type"]} {context.Request.Headers["X-Ptl-Client-Name"]} {context.Request.Headers["X-Ptl-Proxy-Secret"]} {context.Request.Headers["Content-Digest"]}",
            Stop));
        await using var fake = await FakePortal.Start(new FakeOptions { AppUrl = new Uri(app.Urls.First()) });
        fake.AddPeer("Bän");
        using var control = new HttpClient { BaseAddress = fake.Core };

        var said = (await control.Post("/fake/requests", """{"as":"peer","peer":"Bän","method":"POST","target":"/x","body":"{}","headers":{"Content-Type":"application/json"}}""")).Json;
        Assert.Equal($"peer Bän {fake.ProxySecret} sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:", Text(said, "body"));
        Assert.Equal(200, said.GetProperty("status").GetInt32());
        said = (await control.Post("/fake/requests", """{"as":"peer","peer":"Bän","target":"/x","digest":"absent","secret":"absent"}""")).Json;
        Assert.Equal("peer Bän  ", Text(said, "body"));
        Assert.Equal((HttpStatusCode.BadRequest, "request_invalid"), Refusal(await control.Post("/fake/requests", """{"as":"nobody","target":"/x"}""")));
        await app.StopAsync(Stop);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "app_unavailable"), Refusal(await control.Post("/fake/requests", """{"as":"anonymous","target":"/"}""")));
    }

    private static PortalClient Portal(FakePortal fake) => new(new PortalOptions { Core = fake.Core, Token = fake.Token });

    private static async Task<string?> Code(HttpClient client) => (await Record.ExceptionAsync(() => client.GetAsync("/", Stop)) as PortalException)?.Code;

    private static (HttpStatusCode Status, string Code) Refusal(Said said) => (said.Status, said.Code);

    private static string? Text(System.Text.Json.JsonElement json, string member) => json.GetProperty(member).GetString();

    private static HttpRequestMessage Card(FakePeer peer) => new(HttpMethod.Post, $"https://{peer.Id}/cards") { Content = new StringContent("Greetings") };
}
