using System.Net;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;

namespace PeerRegistry.Api.Tests.Sdk;

/// <summary>What becomes of a call.</summary>
public enum PeerThat
{
    Answers,
    Refuses,
    IsUnreachable,
    IsNotMutual,
    LacksTheApp,
    IsHidden,
}

/// <summary>What the app of <see cref="PeerThat.Answers"/> received.</summary>
internal sealed record Heard(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body);

/// <summary>A core with an app and its peers: the registry, or the fake. The app of the peer that answers says <see cref="Answer"/>.</summary>
internal interface ICoreUnderTest
{
    const string Answer = "hello, Grüße";

    Uri Core { get; }

    /// <returns>The token of the calling app, and the ID of the peer.</returns>
    (string Token, string Peer) Of(PeerThat peer);

    Heard LastHeard();

    /// <summary>The owner gives a peer a name, or hides it from the app and shows it again.</summary>
    Task Rename(PeerThat peer, string name);

    Task Show(PeerThat peer, bool isShown);

    /// <summary>The owner grants the app of the peer that answers a permission, or withdraws it.</summary>
    Task Grant(string permission, bool granted);

    /// <summary>Has so many calls under way to the peer that answers that the next is refused, until the returned value is disposed of.</summary>
    Task<IAsyncDisposable> Occupy();
}

/// <summary>What the internal listener does for an app. It is the same for the registry and for the fake.</summary>
public abstract class CoreContract : IAsyncDisposable
{
    private readonly ICoreUnderTest core;
    private readonly HttpClient client;

    private protected CoreContract(ICoreUnderTest core) =>
        (this.core, client) = (core, new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseCookies = false, RequestHeaderEncodingSelector = (_, _) => System.Text.Encoding.UTF8,
        }) { BaseAddress = core.Core });

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task The_list_has_the_peers_that_the_app_may_see()
    {
        var (token, id) = core.Of(PeerThat.Answers);
        var list = (await Ask("/protected/peers", token)).Json.EnumerateArray().ToList();
        var ids = list.ConvertAll(peer => peer.GetProperty("id").GetString());
        Assert.Contains(core.Of(PeerThat.IsNotMutual).Peer, ids);
        Assert.DoesNotContain(core.Of(PeerThat.IsHidden).Peer, ids);
        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);

        var answering = list[ids.IndexOf(id)];
        Assert.Equal(
            ["id", "short_id", "name", "domain", "status", "is_reachable", "public_bytes_b64", "has_app"],
            answering.EnumerateObject().Select(member => member.Name));
        Assert.Equal((103, id[..6]), (id.Length, answering.GetProperty("short_id").GetString()));
        Assert.Equal(("Ada", "mutual"), (answering.GetProperty("name").GetString(), answering.GetProperty("status").GetString()));
        Assert.StartsWith("-----BEGIN PUBLIC KEY-----\n", answering.GetProperty("public_bytes_b64").GetString(), StringComparison.Ordinal);
        Assert.StartsWith(id[..6] + ".", answering.GetProperty("domain").GetString(), StringComparison.Ordinal);
        Assert.Equal("pending", list[ids.IndexOf(core.Of(PeerThat.IsNotMutual).Peer)].GetProperty("status").GetString());
    }

    [Fact]
    public async Task The_list_is_searched_by_part_of_the_name_and_read_in_pages()
    {
        var token = core.Of(PeerThat.Answers).Token;
        Assert.Equal("Ada", Assert.Single((await Ask("/protected/peers?name=aD", token)).Json.EnumerateArray().ToList()).GetProperty("name").GetString());
        Assert.Equal("[]", (await Ask("/protected/peers?name=nobody", token)).Body);

        var all = (await Ask("/protected/peers", token)).Json.EnumerateArray().Select(peer => peer.GetProperty("short_id").GetString()!).ToList();
        var first = await Ask("/protected/peers?limit=1", token);
        Assert.Equal($"</protected/peers?limit=1&after={all[0]}>; rel=\"next\"", first.Header("Link"));
        var rest = await Ask($"/protected/peers?after={all[0]}", token);
        Assert.Equal(all[1..], rest.Json.EnumerateArray().Select(peer => peer.GetProperty("short_id").GetString()!));
        Assert.Null(rest.Header("Link"));
        foreach (var limit in new[] { "0", "1001", "many" })
            Assert.Equal((HttpStatusCode.BadRequest, "request_invalid"), Refusal(await Ask($"/protected/peers?limit={limit}", token)));
    }

    [Fact]
    public async Task One_peer_is_found_by_its_full_and_its_short_ID()
    {
        var (token, id) = core.Of(PeerThat.Answers);
        var full = await Ask($"/protected/peers/{id}", token);
        Assert.Equal(id, full.Json.GetProperty("id").GetString());
        Assert.Equal(full.Body, (await Ask($"/protected/peers/{id[..6]}", token)).Body);
        Assert.Equal((HttpStatusCode.BadRequest, "id_malformed"), Refusal(await Ask("/protected/peers/x", token)));
    }

    [Fact]
    public async Task A_hidden_peer_is_unknown()
    {
        var (token, id) = core.Of(PeerThat.IsHidden);
        var hidden = await Ask($"/protected/peers/{id}", token);
        Assert.Equal((HttpStatusCode.NotFound, "peer_unknown"), Refusal(hidden));
        Assert.Equal(hidden.Body, (await Ask("/protected/peers/zzzzzz", token)).Body);
        var called = await Ask($"/internal/call_peer/{id}/x", token);
        Assert.Equal((HttpStatusCode.NotFound, "peer_unknown"), Refusal(called));
        Assert.Equal(called.Body, (await Ask("/internal/call_peer/zzzzzz/x", token)).Body);
    }

    [Theory]
    [InlineData("/protected/peers")]
    [InlineData("/protected/proxy-secret")]
    [InlineData("/protected/webhook-secret")]
    [InlineData("/protected/self")]
    [InlineData("/protected/events")]
    [InlineData("/protected/calls")]
    [InlineData("/protected/profile")]
    [InlineData("/protected/profile/avatar")]
    [InlineData("/protected/devices")]
    [InlineData("/internal/call_peer/zzzzzz/x")]
    public async Task Only_an_app_with_its_token_may_ask(string target)
    {
        var unnamed = await client.Get(target);
        Assert.Equal((HttpStatusCode.Unauthorized, "not_authenticated"), Refusal(unnamed));
        Assert.Equal("Bearer realm=\"portal\"", unnamed.Header("WWW-Authenticate"));
        Assert.Equal((HttpStatusCode.Unauthorized, "token_invalid"), Refusal(await Ask(target, "unknown")));
        Assert.Equal(
            (HttpStatusCode.Unauthorized, "token_invalid"), Refusal(await client.Get(target, ("Proxy-Authorization", "Bearer unknown"))));
    }

    [Fact]
    public async Task The_secret_of_the_proxy_is_told_and_not_stored()
    {
        var said = await Ask("/protected/proxy-secret", core.Of(PeerThat.Answers).Token);
        Assert.Equal("X-Ptl-Proxy-Secret", said.Json.GetProperty("header").GetString());
        Assert.True(said.Json.GetProperty("secret").GetString()!.Length >= 20);
        Assert.Equal("no-store", said.Header("Cache-Control"));
    }

    [Fact]
    public async Task An_app_is_told_where_it_runs()
    {
        var self = (await Ask("/protected/self", core.Of(PeerThat.Answers).Token)).Json;
        Assert.Equal(["id", "short_id", "name", "domain", "app", "visibility", "permissions"], self.EnumerateObject().Select(member => member.Name));
        Assert.Equal(103, self.GetProperty("id").GetString()!.Length);
        Assert.StartsWith(self.GetProperty("short_id").GetString() + ".", self.GetProperty("domain").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_secret_of_webhooks_is_told_and_not_stored()
    {
        var said = await Ask("/protected/webhook-secret", core.Of(PeerThat.Answers).Token);
        Assert.Equal(["secret", "path"], said.Json.EnumerateObject().Select(member => member.Name));
        Assert.Matches("^whsec_[A-Za-z0-9+/]{43}=$", said.Json.GetProperty("secret").GetString());
        Assert.Equal("no-store", said.Header("Cache-Control"));
    }

    [Fact]
    public async Task A_stream_tells_the_present_state_and_goes_on_where_it_was_left()
    {
        var (token, id) = core.Of(PeerThat.IsNotMutual);
        string last;
        using (var reader = await Apps.EventReader.Open(client, token))
        {
            Assert.Equal("text/event-stream", reader.Answer.Content.Headers.ContentType?.MediaType);
            (var peers, last) = await reader.Present();
            Assert.Equal(
                (await Ask("/protected/peers", token)).Json.EnumerateArray().Select(peer => peer.GetProperty("id").GetString()),
                peers.Select(peer => peer.GetProperty("id").GetString()));
        }

        await core.Rename(PeerThat.IsNotMutual, "Otto");
        using (var reader = await Apps.EventReader.Open(client, token, last))
        {
            var renamed = await Next(reader, id, "peer_renamed");
            Assert.Equal(["id", "short_id", "name", "domain", "status", "is_reachable"], renamed.Data.EnumerateObject().Select(member => member.Name));
            Assert.Equal(
                (id, "Otto", "pending"),
                (renamed.Data.GetProperty("id").GetString(), renamed.Data.GetProperty("name").GetString(), renamed.Data.GetProperty("status").GetString()));
            await core.Show(PeerThat.IsNotMutual, false);
            var removed = await Next(reader, id, "peer_removed");
            Assert.Equal(["id", "short_id"], removed.Data.EnumerateObject().Select(member => member.Name));
            await core.Show(PeerThat.IsNotMutual, true);
            await Next(reader, id, "peer_visible");
        }
    }

    [Fact]
    public async Task What_there_is_not_is_said_in_the_same_words()
    {
        var token = core.Of(PeerThat.Answers).Token;
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), Refusal(await Ask("/protected/nothing", token)));
        Assert.Equal((HttpStatusCode.MethodNotAllowed, "method_not_allowed"), Refusal(await client.Post("/protected/peers", "{}", HttpCalls.Bearer(token))));
    }

    [Fact]
    public async Task A_call_reaches_the_app_of_the_peer_and_its_answer_returns()
    {
        var (token, id) = core.Of(PeerThat.Answers);
        var said = await client.Say(
            HttpMethod.Put, $"/internal/call_peer/{id}/peer/a%20b?x=%2F&y=1+2", """{"text":"Grüße"}""",
            HttpCalls.Bearer(token), ("X-Custom", "Grüße"), ("Cookie", "a=1"), ("X-Ptl-Anything", "mine"), ("X-Forwarded-Prefix", "mine"), ("Signature", "mine"));

        Assert.Equal((HttpStatusCode.OK, ICoreUnderTest.Answer), (said.Status, said.Body));
        Assert.Equal(("yes", "1"), (said.Header("X-From-Peer"), said.Header("X-Ptl-Answer-Verified")));
        Assert.Null(said.Header("X-Ptl-Made-Up"));
        Assert.Null(said.Header("X-Ptl-Problem"));
        var heard = core.LastHeard();
        Assert.Equal(("PUT", "/peer/a%20b?x=%2F&y=1+2", """{"text":"Grüße"}"""), (heard.Method, heard.Target, heard.Body));
        Assert.Equal(
            ("Grüße", "a=1", "application/json; charset=utf-8"), (heard.Headers["X-Custom"], heard.Headers["Cookie"], heard.Headers["Content-Type"]));
        Assert.DoesNotContain("mine", heard.Headers.Values);
        Assert.DoesNotContain(token, string.Join(' ', heard.Headers.Values), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_short_ID_is_enough_and_Authorization_may_be_for_the_peer()
    {
        var (token, id) = core.Of(PeerThat.Answers);
        var said = await client.Get(
            $"/internal/call_peer/{id[..6]}/peer", ("Proxy-Authorization", $"Bearer {token}"), ("Authorization", "Bearer for-the-peer"));
        Assert.Equal(HttpStatusCode.OK, said.Status);
        Assert.Equal("Bearer for-the-peer", core.LastHeard().Headers["Authorization"]);
    }

    [Theory]
    [InlineData(PeerThat.IsUnreachable, HttpStatusCode.BadGateway, "peer_unreachable")]
    [InlineData(PeerThat.IsNotMutual, HttpStatusCode.Conflict, "peering_not_mutual")]
    [InlineData(PeerThat.LacksTheApp, HttpStatusCode.NotFound, "app_not_installed")]
    [InlineData(PeerThat.IsHidden, HttpStatusCode.NotFound, "peer_unknown")]
    public async Task A_problem_of_the_core_has_a_code_in_its_body_and_in_its_head(PeerThat peer, HttpStatusCode status, string code)
    {
        var (token, id) = core.Of(peer);
        var said = await Ask($"/internal/call_peer/{id}/peer", token);
        Assert.Equal((status, code), Refusal(said));
        Assert.Equal(code, said.Header("X-Ptl-Problem"));
        Assert.Equal(peer == PeerThat.IsUnreachable, said.Json.TryGetProperty("reason", out _));

        var head = await client.Say(HttpMethod.Head, $"/internal/call_peer/{id}/peer", null, HttpCalls.Bearer(token));
        Assert.Equal((status, code, ""), (head.Status, head.Header("X-Ptl-Problem"), head.Body));
    }

    [Fact]
    public async Task A_refusal_of_the_peer_is_not_one_of_the_core()
    {
        var (token, id) = core.Of(PeerThat.Refuses);
        var said = await Ask($"/internal/call_peer/{id}/peer", token);
        Assert.Equal((HttpStatusCode.Unauthorized, "not_authenticated"), Refusal(said));
        Assert.Null(said.Header("X-Ptl-Problem"));
        Assert.Null(said.Header("X-Ptl-Answer-Verified"));
    }

    [Theory]
    [InlineData("/a//b", "GET", "path_ambiguous")]
    [InlineData("/a%2Fb", "GET", "path_ambiguous")]
    [InlineData("/a;b", "GET", "path_ambiguous")]
    [InlineData("/a", "Frob", "method_invalid")]
    public async Task What_can_be_read_in_two_ways_is_refused(string target, string method, string code)
    {
        var (token, id) = core.Of(PeerThat.Answers);
        var said = await client.Say(new HttpMethod(method), $"/internal/call_peer/{id}{target}", null, HttpCalls.Bearer(token));
        Assert.Equal((HttpStatusCode.BadRequest, code), Refusal(said));
    }

    [Fact]
    public async Task Too_many_calls_at_once_are_refused_with_a_time_to_wait()
    {
        var (token, id) = core.Of(PeerThat.Answers);
        Said said;
        await using (await core.Occupy())
            said = await Ask($"/internal/call_peer/{id}/peer", token);
        Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limited"), Refusal(said));
        Assert.Equal("1", said.Header("Retry-After"));
    }

    [Fact]
    public async Task A_call_that_is_delivered_later_is_stored_with_its_answer_until_it_is_deleted()
    {
        var (token, id) = core.Of(PeerThat.Answers);
        var accepted = await Defer(PeerThat.Answers, "card-17", "Grüße");
        Assert.Equal((HttpStatusCode.Accepted, "respond-async", ""), (accepted.Status, accepted.Header("Preference-Applied"), accepted.Body));
        var call = accepted.Header("Location")!;
        Assert.StartsWith("/protected/calls/", call, StringComparison.Ordinal);
        Assert.Equal(call, (await Defer(PeerThat.Answers, "card-17", "Grüße")).Header("Location"));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "idempotency_key_reused"), Refusal(await Defer(PeerThat.Answers, "card-17", "other")));

        await Eventually.Holds(async () => State(await Ask(call, token)) == "delivered");
        var delivered = (await Ask(call, token)).Json;
        Assert.Equal(
            ["id", "peer", "idempotency_key", "method", "path", "state", "accepted_at", "attempts", "next_attempt_at", "reason", "ended_at", "expires_at", "answer"],
            delivered.EnumerateObject().Select(member => member.Name));
        Assert.Equal((id, "card-17", 1), (delivered.GetProperty("peer").GetString(), delivered.GetProperty("idempotency_key").GetString(), delivered.GetProperty("attempts").GetInt32()));
        Assert.Equal(delivered.GetRawText(), Assert.Single((await Ask("/protected/calls", token)).Json.EnumerateArray()).GetRawText());
        var answer = delivered.GetProperty("answer");
        Assert.Equal(["status", "fields", "bytes", "is_verified"], answer.EnumerateObject().Select(member => member.Name));
        Assert.Equal((200, true), (answer.GetProperty("status").GetInt32(), answer.GetProperty("is_verified").GetBoolean()));
        Assert.Contains("""{"field":"X-From-Peer","value":"yes"}""", answer.GetProperty("fields").GetRawText(), StringComparison.Ordinal);
        Assert.Equal(ICoreUnderTest.Answer, (await Ask($"{call}/answer", token)).Body);
        Assert.Equal(
            ["method", "target_uri", "request", "answer_status", "answer"],
            (await Ask($"{call}/receipt", token)).Json.EnumerateObject().Select(member => member.Name));
        var heard = core.LastHeard();
        Assert.Equal(("POST", "/peer/later", "Grüße", "card-17"), (heard.Method, heard.Target, heard.Body, heard.Headers["Idempotency-Key"]));
        Assert.DoesNotContain("Prefer", heard.Headers.Keys);

        Assert.Equal(HttpStatusCode.NoContent, (await client.Delete(call, HttpCalls.Bearer(token))).Status);
        foreach (var gone in new[] { call, $"{call}/answer", $"{call}/receipt", "/protected/calls/none" })
            Assert.Equal((HttpStatusCode.NotFound, "call_unknown"), Refusal(await Ask(gone, token)));
    }

    [Fact]
    public async Task A_call_to_a_peer_that_is_off_waits()
    {
        var token = core.Of(PeerThat.IsUnreachable).Token;
        var call = (await Defer(PeerThat.IsUnreachable, "card-18", "Greetings")).Header("Location")!;
        await Eventually.Holds(async () => (await Ask(call, token)).Json.GetProperty("attempts").GetInt32() > 0);
        var waiting = (await Ask(call, token)).Json;
        Assert.Equal("waiting", waiting.GetProperty("state").GetString());
        Assert.NotEqual("", waiting.GetProperty("reason").GetString());
        Assert.NotEqual(default, waiting.GetProperty("next_attempt_at").GetDateTimeOffset());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, waiting.GetProperty("answer").ValueKind);
        Assert.Equal((HttpStatusCode.NotFound, "answer_missing"), Refusal(await Ask($"{call}/answer", token)));
        Assert.Equal((HttpStatusCode.NotFound, "receipt_missing"), Refusal(await Ask($"{call}/receipt", token)));
        Assert.Equal(HttpStatusCode.NoContent, (await client.Delete(call, HttpCalls.Bearer(token))).Status);
    }

    [Fact]
    public async Task The_list_of_calls_goes_on_after_one_that_was_deleted()
    {
        var token = core.Of(PeerThat.IsUnreachable).Token;
        var calls = new List<string>();
        foreach (var key in new[] { "first", "second", "third" })
            calls.Add((await Defer(PeerThat.IsUnreachable, key, "x")).Header("Location")!);
        var page = await Ask("/protected/calls?limit=2", token);
        Assert.Equal(["first", "second"], Keys(page));
        await client.Delete(calls[1], HttpCalls.Bearer(token));
        Assert.Equal($"</protected/calls?limit=2&after={calls[1].Split('/')[^1]}>; rel=\"next\"", page.Header("Link"));
        Assert.Equal(["third"], Keys(await Ask(page.Header("Link")!.Split('<', '>')[1], token)));
        foreach (var call in calls)
            await client.Delete(call, HttpCalls.Bearer(token));
    }

    [Fact]
    public async Task A_call_that_cannot_be_delivered_later_is_refused_at_once()
    {
        Assert.Equal((HttpStatusCode.BadRequest, "idempotency_key_missing"), Refusal(await Defer(PeerThat.Answers, null, "x")));
        Assert.Equal((HttpStatusCode.BadRequest, "idempotency_key_malformed"), Refusal(await Defer(PeerThat.Answers, "a b", "x")));
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "body_too_large"), Refusal(await Defer(PeerThat.Answers, "large", new string('x', (1 << 20) + 1))));
        Assert.Equal((HttpStatusCode.Conflict, "peering_not_mutual"), Refusal(await Defer(PeerThat.IsNotMutual, "early", "x")));
        Assert.Equal((HttpStatusCode.NotFound, "peer_unknown"), Refusal(await Defer(PeerThat.IsHidden, "hidden", "x")));
        Assert.Equal((HttpStatusCode.BadRequest, "request_invalid"), Refusal(await Ask("/protected/calls?after=x", core.Of(PeerThat.Answers).Token)));
    }

    [Fact]
    public async Task What_an_app_reads_of_the_owner_is_granted_by_permission()
    {
        var token = core.Of(PeerThat.Answers).Token;
        foreach (var route in new[] { "/protected/profile", "/protected/profile/avatar", "/protected/devices" })
            Assert.Equal((HttpStatusCode.Forbidden, "permission_not_granted"), Refusal(await Ask(route, token)));

        await core.Grant("profile", true);
        Assert.Equal(["name", "has_avatar"], (await Ask("/protected/profile", token)).Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal((HttpStatusCode.NotFound, "avatar_unknown"), Refusal(await Ask("/protected/profile/avatar", token)));
        Assert.Equal((HttpStatusCode.Forbidden, "permission_not_granted"), Refusal(await Ask("/protected/devices", token)));
        Assert.Equal("""["profile"]""", (await Ask("/protected/self", token)).Json.GetProperty("permissions").GetRawText());

        await core.Grant("devices", true);
        Assert.All(
            (await Ask("/protected/devices?limit=1", token)).Json.EnumerateArray(),
            device => Assert.Equal(["id", "name", "last_seen_at"], device.EnumerateObject().Select(member => member.Name)));
        await core.Grant("profile", false);
        await core.Grant("devices", false);
        Assert.Equal((HttpStatusCode.Forbidden, "permission_not_granted"), Refusal(await Ask("/protected/profile", token)));
    }

    /// <summary>The next event about a peer. Whether another can be reached may be found out at any time.</summary>
    private static async Task<Apps.HeardEvent> Next(Apps.EventReader reader, string peer, string name)
    {
        while (true)
        {
            var heard = await reader.Next();
            if (heard.Data.GetProperty("id").GetString() != peer)
                continue;
            Assert.Equal(name, heard.Name);
            return heard;
        }
    }

    private static IEnumerable<string?> Keys(Said calls) => calls.Json.EnumerateArray().Select(call => call.GetProperty("idempotency_key").GetString());

    private static string? State(Said call) => call.Json.GetProperty("state").GetString();

    private static (HttpStatusCode Status, string Code) Refusal(Said said) => (said.Status, said.Code);

    private Task<Said> Ask(string target, string token) => client.Get(target, HttpCalls.Bearer(token));

    private Task<Said> Defer(PeerThat peer, string? key, string body)
    {
        var (token, id) = core.Of(peer);
        (string, string)[] keys = key is null ? [] : [("Idempotency-Key", key)];
        return client.Say(HttpMethod.Post, $"/internal/call_peer/{id}/peer/later", body, [HttpCalls.Bearer(token), ("Prefer", "respond-async"), .. keys]);
    }
}
