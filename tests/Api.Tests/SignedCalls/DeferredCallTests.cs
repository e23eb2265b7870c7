using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Gateway;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Infrastructure.LaterCalls;

namespace PeerRegistry.Api.Tests.SignedCalls;

/// <summary>Calls that are delivered later, from Bob's apps to Ada's.</summary>
public sealed class DeferredCallTests(GatewayPair pair) : IClassFixture<GatewayPair>, IDisposable
{
    private const string Post = """{"text":"Greetings"}""";

    /// <summary>What Ada's app was sent: the target, the key and the body.</summary>
    private readonly ConcurrentQueue<(string Target, string Key, string Body)> received = [];
    private int status = 201;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => pair.Tunnel.Change = null;

    [Fact]
    public async Task A_call_is_accepted_delivered_and_its_answer_kept_with_a_receipt()
    {
        var (name, app) = await App();
        var accepted = await Defer(app, "/peer/cards?lang=en", "first");
        Assert.Equal((HttpStatusCode.Accepted, "respond-async", ""), (accepted.Status, accepted.Header("Preference-Applied"), accepted.Body));

        var call = await Ended(app, accepted);
        Assert.Equal(("delivered", 1, "POST", "/peer/cards?lang=en", pair.Ada.Id.Value), (
            call.GetProperty("state").GetString(), call.GetProperty("attempts").GetInt32(), call.GetProperty("method").GetString(),
            call.GetProperty("path").GetString(), call.GetProperty("peer").GetString()));
        var answer = call.GetProperty("answer");
        Assert.Equal((201, true, 8), (answer.GetProperty("status").GetInt32(), answer.GetProperty("is_verified").GetBoolean(), answer.GetProperty("bytes").GetInt32()));
        Assert.Contains("kept", answer.GetProperty("fields").EnumerateArray().Select(field => field.GetProperty("value").GetString()));
        Assert.Equal(("/peer/cards?lang=en", "first", Post), Assert.Single(received));

        var location = accepted.Header("Location")!;
        var body = await app.Get(location + "/answer");
        Assert.Equal((HttpStatusCode.OK, "accepted", "text/x-note"), (body.Status, body.Body, body.Answer.Content.Headers.ContentType?.MediaType));
        var receipt = (await app.Get(location + "/receipt")).Json;
        Assert.Equal($"https://{name}.{pair.Ada.Domain}/peer/cards?lang=en", receipt.GetProperty("target_uri").GetString());
        Assert.Contains("portal-peer-once", Field(receipt, "request", "Signature-Input"), StringComparison.Ordinal);
        Assert.Contains("portal-peer-response", Field(receipt, "answer", "Signature-Input"), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.NoContent, (await app.Delete(location)).Status);
        Assert.Equal("call_unknown", (await app.Get(location)).Code);
    }

    [Fact]
    public async Task The_same_request_with_its_key_is_accepted_once_and_another_request_is_refused()
    {
        var (_, app) = await App();
        var first = await Defer(app, "/peer", "twice");
        var again = await Defer(app, "/peer", "twice");
        Assert.Equal((HttpStatusCode.Accepted, first.Header("Location")), (again.Status, again.Header("Location")));
        var other = await Defer(app, "/peer", "twice", """{"text":"Something else"}""");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "idempotency_key_reused"), (other.Status, other.Code));

        await Ended(app, first);
        Assert.Single(received);
        Assert.Equal(first.Header("Location"), (await Defer(app, "/peer", "twice")).Header("Location"));
        Assert.Equal(1, (await app.Get("/protected/calls")).Json.GetArrayLength());
    }

    [Fact]
    public async Task What_cannot_be_deferred_is_refused_at_once()
    {
        var (_, app) = await App();
        Assert.Equal("idempotency_key_missing", (await app.Post(pair.Call("/peer"), Post, ("Prefer", "respond-async"))).Code);
        Assert.Equal("idempotency_key_malformed", (await Defer(app, "/peer", "two words")).Code);
        Assert.Equal("idempotency_key_malformed", (await Defer(app, "/peer", new string('k', 129))).Code);
        Assert.Equal("call_not_deferrable", (await Defer(app, "/peer", "upgrade", null, ("Upgrade", "websocket"), ("Connection", "Upgrade"))).Code);
        Assert.Equal("body_too_large", (await Defer(app, "/peer", "large", new string('x', (1 << 20) + 1))).Code);
        Assert.Equal("peer_unknown", (await app.Post("/internal/call_peer/zzzzzz/peer", Post, ("Prefer", "respond-async"), ("Idempotency-Key", "k"))).Code);
        Assert.Equal("path_ambiguous", (await Defer(app, "/peer%2F..", "path")).Code);
        Assert.Equal(0, (await app.Get("/protected/calls")).Json.GetArrayLength());
    }

    [Fact]
    public async Task A_call_waits_until_the_peer_answers()
    {
        var (name, app) = await App();
        status = 503;
        var accepted = await Defer(app, "/peer", "patient");
        var waiting = await Shown(app, accepted, call => call.GetProperty("attempts").GetInt32() == 1);
        Assert.Equal(("waiting", "peer_busy"), (waiting.GetProperty("state").GetString(), waiting.GetProperty("reason").GetString()));
        Assert.Equal(JsonValueKind.String, waiting.GetProperty("next_attempt_at").ValueKind);
        Assert.Equal("answer_missing", (await app.Get(accepted.Header("Location") + "/answer")).Code);

        status = 201;
        await TryAgain(name);
        var call = await Ended(app, accepted);
        Assert.Equal(("delivered", 2, 201), (
            call.GetProperty("state").GetString(), call.GetProperty("attempts").GetInt32(), call.GetProperty("answer").GetProperty("status").GetInt32()));
        Assert.Equal(2, received.Count);
    }

    [Fact]
    public async Task A_call_whose_answer_was_lost_reaches_the_app_once()
    {
        var (name, app) = await App();
        pair.Tunnel.Change = sent => sent.Contains("accepted", StringComparison.Ordinal) ? throw new IOException("The connection breaks here.") : sent;
        var accepted = await Defer(app, "/peer", "lost");
        await Shown(app, accepted, call => call.GetProperty("attempts").GetInt32() == 1);

        pair.Tunnel.Change = null;
        await TryAgain(name);
        var call = await Ended(app, accepted);
        Assert.Equal(("delivered", "already_delivered"), (call.GetProperty("state").GetString(), call.GetProperty("reason").GetString()));
        Assert.Equal(201, call.GetProperty("answer").GetProperty("status").GetInt32());
        Assert.Equal("answer_missing", (await app.Get(accepted.Header("Location") + "/answer")).Code);
        Assert.Contains("portal-core-response", Field((await app.Get(accepted.Header("Location") + "/receipt")).Json, "answer", "Signature-Input"), StringComparison.Ordinal);
        Assert.Single(received);
    }

    /// <summary>As an app does that has forgotten the call, and with it that its key was used.</summary>
    [Fact]
    public async Task A_key_that_the_peer_knows_from_another_request_fails_there()
    {
        var (_, app) = await App();
        var first = await Defer(app, "/peer", "reused");
        await Ended(app, first);
        await app.Delete(first.Header("Location")!);
        var call = await Ended(app, await Defer(app, "/peer", "reused", """{"text":"Something else"}"""));
        Assert.Equal(("failed", "idempotency_key_reused"), (call.GetProperty("state").GetString(), call.GetProperty("reason").GetString()));
        Assert.Single(received);
    }

    [Fact]
    public async Task Hiding_the_peer_deletes_its_calls_as_if_there_had_been_none()
    {
        var (name, app) = await App();
        status = 503;
        var accepted = await Defer(app, "/peer", "hidden");
        await Shown(app, accepted, call => call.GetProperty("attempts").GetInt32() == 1);

        await pair.Bob.Send(new SetVisibility(pair.Bob.Id, name, VisibilityMode.None, []));
        var (hidden, never) = (await app.Get(accepted.Header("Location")!), await app.Get("/protected/calls/8e03978e-40d5-43e8-bc93-6e26fd1d3a65"));
        Assert.Equal((never.Status, never.Body), (hidden.Status, hidden.Body));
        Assert.Equal(0, (await app.Get("/protected/calls")).Json.GetArrayLength());
        await Eventually.Holds(async () => await Rows(name) == 0);

        await pair.Bob.Send(new SetVisibility(pair.Bob.Id, name, VisibilityMode.All, []));
        Assert.Equal("call_unknown", (await app.Get(accepted.Header("Location")!)).Code);
        Assert.Single(received);
    }

    [Fact]
    public async Task The_owner_sees_and_cancels_a_call_and_another_app_does_neither()
    {
        var (_, app) = await App();
        var (_, other) = await App();
        status = 503;
        var location = (await Defer(app, "/peer", "cancelled")).Header("Location")!;
        await Eventually.Holds(() => !received.IsEmpty);
        var id = location.Split('/')[^1];
        Assert.Equal("call_unknown", (await other.Get(location)).Code);
        Assert.Equal("call_unknown", (await other.Delete(location)).Code);

        using var owner = await pair.Bob.Owner("Laptop");
        var listed = (await owner.Get("/core/protected/calls")).Json.EnumerateArray().Single(call => call.GetProperty("id").GetString() == id);
        Assert.False(listed.TryGetProperty("idempotency_key", out _));
        Assert.Equal(HttpStatusCode.NoContent, (await owner.Delete($"/core/protected/calls/{id}")).Status);
        Assert.Equal("cancelled", (await app.Get(location)).Json.GetProperty("state").GetString());
        Assert.Equal(HttpStatusCode.NoContent, (await owner.Delete($"/core/protected/calls/{id}")).Status);
        Assert.Equal("call_unknown", (await app.Get(location)).Code);
        Assert.Equal("call_unknown", (await owner.Delete($"/core/protected/calls/{id}")).Code);
    }

    [Fact]
    public async Task The_owner_cancels_on_the_page_of_the_app_what_still_waits_and_never_a_result()
    {
        var (name, app) = await App();
        status = 503;
        var accepted = await Defer(app, "/peer", "on-the-page");
        await Eventually.Holds(() => !received.IsEmpty);
        using var owner = await pair.Bob.Owner("Laptop");
        var page = await owner.Get($"/apps/{name}");
        var action = $"/apps/{name}/calls/{accepted.Header("Location")!.Split('/')[^1]}/cancel";
        Assert.Contains(action, page.Body, StringComparison.Ordinal);

        Assert.EndsWith("done=call-cancelled", await Press(owner, page, action), StringComparison.Ordinal);
        Assert.Equal("cancelled", (await app.Get(accepted.Header("Location")!)).Json.GetProperty("state").GetString());
        Assert.DoesNotContain(action, (await owner.Get($"/apps/{name}")).Body, StringComparison.Ordinal);
        Assert.EndsWith("done=call-ended", await Press(owner, page, action), StringComparison.Ordinal);
        Assert.Equal("cancelled", (await app.Get(accepted.Header("Location")!)).Json.GetProperty("state").GetString());
    }

    /// <summary>Sends a form of a page that has no fields of its own.</summary>
    /// <returns>Where the answer leads.</returns>
    private static async Task<string?> Press(HttpClient owner, Said page, string action)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, action);
        request.Headers.Add("Cookie", page.Header("Set-Cookie")!.Split(';')[0]);
        request.Content = new FormUrlEncodedContent([new("form_token", WebUtility.HtmlDecode(page.Body.Split("name=\"form_token\" value=\"")[1].Split('"')[0]))]);
        using var answer = await owner.SendAsync(request, Stop);
        return answer.Headers.Location?.ToString();
    }

    [Fact]
    public async Task One_node_at_a_time_delivers_from_a_queue()
    {
        var (name, app) = await App();
        status = 503;
        var accepted = await Defer(app, "/peer", "claimed");
        await Shown(app, accepted, call => call.GetProperty("attempts").GetInt32() == 1);
        var queue = new DeferredCallsDue(pair.Bob.Id, name, pair.Ada.Id);
        var (queues, clock) = (pair.Bob.Services.GetRequiredService<IDeferredQueues>(), pair.Bob.Zone.Clock);
        Assert.Null((await queues.Claim(queue, clock.GetUtcNow(), Stop)).Token); // it pauses

        clock.Advance(TimeSpan.FromSeconds(20));
        var first = await queues.Claim(queue, clock.GetUtcNow(), Stop);
        var second = await queues.Claim(queue, clock.GetUtcNow(), Stop);
        Assert.Equal((1, null, true), (first.Failures, second.Token, second.ClaimedUntil > clock.GetUtcNow()));
        Assert.Single(await queues.Next(queue, first.Token!.Value, 2, clock.GetUtcNow(), Stop));
        Assert.False(await queues.Release(queue, first.Token.Value, Stop)); // the call still waits

        var later = clock.GetUtcNow() + TimeSpan.FromMinutes(3);
        var third = await queues.Claim(queue, later, Stop);
        Assert.NotNull(third.Token);
        Assert.Empty(await queues.Next(queue, first.Token.Value, 2, later, Stop));
        Assert.Single(received);
        await queues.Drop(queue, Stop);
    }

    [Fact]
    public async Task A_call_that_waited_for_a_week_is_given_up_and_its_result_is_kept_for_another()
    {
        var (name, app) = await App();
        status = 503;
        var accepted = await Defer(app, "/peer", "old");
        await Shown(app, accepted, call => call.GetProperty("attempts").GetInt32() == 1);
        await Age(name);
        await pair.Bob.Services.GetRequiredService<DeferredSweep>().Clean(Stop);
        var call = await Ended(app, accepted);
        Assert.Equal(("failed", "given_up"), (call.GetProperty("state").GetString(), call.GetProperty("reason").GetString()));

        await Age(name);
        await pair.Bob.Services.GetRequiredService<DeferredSweep>().Clean(Stop);
        Assert.Equal("call_unknown", (await app.Get(accepted.Header("Location")!)).Code);
    }

    [Fact]
    public void An_app_has_so_many_calls_and_bytes_and_a_Portal_so_many_calls()
    {
        var limits = new RegistryOptions.CallsOptions { DeferredPerApp = 3, DeferredPerPortal = 4, DeferredBytesPerApp = 100 };
        var kept = new KeptCalls(DateTimeOffset.UnixEpoch);
        kept.Add("one", bytes: 60, calls: 2);
        Assert.Equal((null, "too_many_calls"), (kept.Refusal(limits, "one", 40)?.Code, kept.Refusal(limits, "one", 41)?.Code));
        kept.Add("one", bytes: 0);
        Assert.Equal(("too_many_calls", null), (kept.Refusal(limits, "one", 0)?.Code, kept.Refusal(limits, "two", 0)?.Code));
        kept.Add("two", bytes: 0);
        Assert.Equal("too_many_calls", kept.Refusal(limits, "two", 0)?.Code);
    }

    /// <summary>Lets the time pass for which the calls of an app are kept.</summary>
    private async Task Age(string app)
    {
        await using var database = NpgsqlDataSource.Create(pair.Bob.Database);
        await using var command = database.CreateCommand("update registry.deferred_calls set expires_at = expires_at - interval '8 days' where app = $1");
        command.Parameters.AddWithValue(app);
        await command.ExecuteNonQueryAsync(Stop);
    }

    /// <summary>Registers an app with both, and answers for Ada's.</summary>
    private async Task<(string Name, HttpClient Client)> App()
    {
        var name = await pair.App(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync(context.RequestAborted);
            Assert.False(context.Request.Headers.ContainsKey("Prefer"));
            received.Enqueue((context.Request.Path + context.Request.QueryString, context.Request.Headers["Idempotency-Key"].ToString(), body));
            (context.Response.StatusCode, context.Response.ContentType, context.Response.ContentLength) = (status, "text/x-note", 8);
            context.Response.Headers["X-Note"] = "kept";
            await context.Response.WriteAsync("accepted", context.RequestAborted);
        });
        return (name, await pair.Caller(name));
    }

    private Task<Said> Defer(HttpClient app, string target, string key, string? body = Post, params (string, string)[] headers) =>
        app.Post(pair.Call(target), body, [("Prefer", "wait=5, Respond-Async"), ("Idempotency-Key", key), .. headers]);

    private static Task<JsonElement> Ended(HttpClient app, Said accepted) =>
        Shown(app, accepted, call => call.GetProperty("state").GetString() != "waiting");

    private static async Task<JsonElement> Shown(HttpClient app, Said accepted, Func<JsonElement, bool> when)
    {
        Said? last = null;
        await Eventually.Holds(
            async () => (last = await app.Get(accepted.Header("Location")!)).Status == HttpStatusCode.OK && when(last.Json),
            () => Task.FromResult(last!.Body));
        return last!.Json;
    }

    /// <summary>Lets the pause after a failed attempt pass.</summary>
    private async Task TryAgain(string name)
    {
        pair.Bob.Zone.Clock.Advance(TimeSpan.FromSeconds(20));
        await pair.Bob.Send(new DeliverDeferredCalls(new DeferredCallsDue(pair.Bob.Id, name, pair.Ada.Id)));
    }

    private async Task<long> Rows(string app)
    {
        await using var database = NpgsqlDataSource.Create(pair.Bob.Database);
        await using var command = database.CreateCommand("select count(*) from registry.deferred_calls where app = $1");
        command.Parameters.AddWithValue(app);
        return (long)(await command.ExecuteScalarAsync(Stop))!;
    }

    private static string Field(JsonElement receipt, string part, string name) =>
        receipt.GetProperty(part).EnumerateArray().Single(field => field.GetProperty("field").GetString() == name).GetProperty("value").GetString()!;
}
