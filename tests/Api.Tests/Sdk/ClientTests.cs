using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Client;

namespace PeerRegistry.Api.Tests.Sdk;

/// <summary>The .NET client against the registry.</summary>
[Collection(nameof(RealCore))]
public sealed class ClientTests(RealCore real) : IDisposable
{
    private readonly PortalClient portal = new(new PortalOptions { Core = real.Core, Token = real.Token });

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => portal.Dispose();

    [Fact]
    public async Task Peers_are_listed_and_found()
    {
        var ada = Assert.Single(await portal.Peers("ada", Stop).ToListAsync(Stop));
        Assert.Equal((real.Pair.Ada.Id.Value, "Ada", "mutual", true), (ada.Id, ada.Name, ada.Status, ada.IsMutual));
        Assert.Equal(real.Pair.Ada.Snapshot.Portal.Key.Pem, ada.PublicKeyPem);
        Assert.Equal(ada, await portal.Peer(ada.ShortId, Stop));

        var unknown = await Assert.ThrowsAsync<PortalException>(() => portal.Peer("zzzzzz", Stop));
        Assert.Equal(("peer_unknown", HttpStatusCode.NotFound), (unknown.Code, unknown.StatusCode));
        Assert.Equal((await portal.ProxySecret(Stop)).Secret, (await portal.ProxySecret(Stop)).Secret);
    }

    [Fact]
    public async Task An_app_hears_where_it_runs_and_what_becomes_of_its_peers()
    {
        var self = await portal.DescribeSelf(Stop);
        Assert.Equal((real.Pair.Bob.Id.Value, real.App, "all_except"), (self.Id, self.App, self.Visibility));
        await using var events = portal.Events(ct: Stop).GetAsyncEnumerator(Stop);
        Assert.True(await events.MoveNextAsync());
        Assert.Equal(PeerEvent.Reset, events.Current.Type);
        var seen = new List<string?>();
        for (var left = events.Current.Peers; left > 0; left--)
        {
            Assert.True(await events.MoveNextAsync());
            seen.Add(events.Current.Peer!.Name);
        }

        Assert.Contains("Ada", seen);
        Assert.NotNull(events.Current.Id);
        using var stranger = new PortalClient(new PortalOptions { Core = real.Core, Token = "unknown" });
        Assert.Equal("token_invalid", (await Assert.ThrowsAsync<PortalException>(async () => await stranger.Events(ct: Stop).FirstAsync(Stop))).Code);
    }

    [Fact]
    public async Task A_call_is_delivered_later_and_its_answer_and_receipt_are_read()
    {
        var deferred = portal.Deferred;
        var id = await deferred.Send(Card("Greetings"), "card-1", Stop);
        Assert.Equal(id, await deferred.Send(Card("Greetings"), "card-1", Stop));
        var reused = await Assert.ThrowsAsync<PortalException>(() => deferred.Send(Card("Other"), "card-1", Stop));
        Assert.Equal("idempotency_key_reused", reused.Code);

        await Eventually.Holds(async () => (await deferred.Find(id, Stop)).State == "delivered");
        var call = Assert.Single(await deferred.List(Stop).ToListAsync(Stop), call => call.Id == id);
        Assert.Equal((real.Pair.Ada.Id.Value, "POST", "/peer/cards?x=1", 200), (call.Peer, call.Method, call.Path, call.Answer!.Status));
        var body = await deferred.Answer(id, Stop);
        Assert.Equal((ICoreUnderTest.Answer, call.Answer.Bytes), (await body.ReadAsStringAsync(Stop), body.Headers.ContentLength));
        var receipt = await deferred.Receipt(id, Stop);
        Assert.Equal(("POST", 200), (receipt.Method, receipt.AnswerStatus));
        Assert.Contains("Signature", receipt.Answer.Select(field => field.Field));

        await deferred.Cancel(id, Stop);
        Assert.Equal("call_unknown", (await Assert.ThrowsAsync<PortalException>(() => deferred.Find(id, Stop))).Code);
        var unknown = await Assert.ThrowsAsync<PortalException>(() => deferred.Send(new(HttpMethod.Get, "https://zzzzzz/"), "card-2", Stop));
        Assert.Equal("peer_unknown", unknown.Code);

        HttpRequestMessage Card(string text) => new(HttpMethod.Post, $"https://{real.Pair.Ada.Id}/peer/cards?x=1") { Content = new StringContent(text) };
    }

    [Fact]
    public async Task What_the_owner_grants_is_read()
    {
        Assert.Equal("permission_not_granted", (await Assert.ThrowsAsync<PortalException>(() => portal.Profile(Stop))).Code);
        foreach (var permission in new[] { "profile", "devices" })
            await ((ICoreUnderTest)real).Grant(permission, true);
        Assert.Equal(new OwnerProfile(real.Pair.Bob.Snapshot.Portal.Name, false), await portal.Profile(Stop));
        Assert.Equal(real.Pair.Bob.Snapshot.Devices.Keys.Order(), (await portal.Devices(Stop).ToListAsync(Stop)).Select(device => device.Id));
        Assert.Equal("avatar_unknown", (await Assert.ThrowsAsync<PortalException>(() => portal.Avatar(Stop))).Code);
        Assert.Equal(["profile", "devices"], (await portal.DescribeSelf(Stop)).Permissions);
        foreach (var permission in new[] { "profile", "devices" })
            await ((ICoreUnderTest)real).Grant(permission, false);
    }

    [Theory]
    [InlineData("https")]
    [InlineData("portal")]
    public async Task An_HttpClient_calls_a_peer_by_its_ID(string scheme)
    {
        using var client = new HttpClient(new CallPeerHandler(new PortalOptions { Core = real.Core, Token = real.Token }));
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{scheme}://{real.Pair.Ada.Id}/peer/a%20b?x=%2F")
        {
            Content = new StringContent("Grüße"), Headers = { { "Authorization", "Bearer for-the-peer" } },
        };
        using var answer = await client.SendAsync(request, Stop);

        Assert.Equal(ICoreUnderTest.Answer, await answer.Content.ReadAsStringAsync(Stop));
        var heard = ((ICoreUnderTest)real).LastHeard();
        Assert.Equal(("POST", "/peer/a%20b?x=%2F", "Grüße"), (heard.Method, heard.Target, heard.Body));
        Assert.Equal("Bearer for-the-peer", heard.Headers["Authorization"]);
        Assert.Equal("text/plain; charset=utf-8", heard.Headers["Content-Type"]);
        Assert.False(request.Headers.Contains("Proxy-Authorization")); // who logs the message does not log the token
        Assert.Equal(scheme, answer.RequestMessage!.RequestUri!.Scheme);
    }

    [Theory]
    [InlineData(PeerThat.IsUnreachable, "peer_unreachable")]
    [InlineData(PeerThat.IsHidden, "peer_unknown")]
    [InlineData(PeerThat.LacksTheApp, "app_not_installed")]
    public async Task A_problem_of_the_core_is_an_exception(PeerThat peer, string code)
    {
        var (token, id) = ((ICoreUnderTest)real).Of(peer);
        using var other = new PortalClient(new PortalOptions { Core = real.Core, Token = token });
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head })
        {
            var thrown = await Assert.ThrowsAsync<PortalException>(() => other.Caller(id).SendAsync(new HttpRequestMessage(method, "/peer"), Stop));
            Assert.Equal(code, thrown.Code);
            Assert.Equal(peer == PeerThat.IsUnreachable && method == HttpMethod.Get, thrown.Reason is not null); // an answer to HEAD has no body
        }
    }

    [Fact]
    public async Task What_the_peers_app_answers_is_never_an_exception()
    {
        var (token, id) = ((ICoreUnderTest)real).Of(PeerThat.Refuses);
        using var refused = new PortalClient(new PortalOptions { Core = real.Core, Token = token });
        using var unauthorized = await refused.Caller(id).GetAsync("/peer", Stop);
        Assert.Equal(HttpStatusCode.Unauthorized, unauthorized.StatusCode);

        using var client = await Caller(context =>
        {
            (context.Response.StatusCode, context.Response.ContentType) = (404, "application/problem+json");
            context.Response.Headers["X-Ptl-Problem"] = "peer_unknown";
            return context.Response.WriteAsync("""{"status":404,"code":"peer_unknown"}""", Stop);
        });
        using var forged = await client.GetAsync("/peer", Stop);
        Assert.Equal(HttpStatusCode.NotFound, forged.StatusCode);
    }

    [Fact]
    public async Task Bodies_stream_both_ways()
    {
        var next = new SemaphoreSlim(0);
        byte[] received = [];
        using var client = await Caller(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, Stop);
            received = SHA256.HashData(body.ToArray());
            foreach (var piece in new[] { "one", "two" })
            {
                await context.Response.WriteAsync(piece, Stop);
                await context.Response.Body.FlushAsync(Stop);
                await next.WaitAsync(Stop);
            }
        });
        var sent = RandomNumberGenerator.GetBytes(3 << 20);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/peer") { Content = new StreamContent(new MemoryStream(sent)) };
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Stop);
        await using var stream = await answer.Content.ReadAsStreamAsync(Stop);
        foreach (var piece in new[] { "one", "two" })
        {
            var read = new byte[3];
            await stream.ReadExactlyAsync(read, Stop); // the peer waits until this one was read
            Assert.Equal(piece, Encoding.UTF8.GetString(read));
            next.Release();
        }

        Assert.Equal(SHA256.HashData(sent), received);
    }

    [Fact]
    public async Task A_WebSocket_goes_through_the_handler()
    {
        var (token, id) = await App(async context =>
        {
            using var accepted = await context.WebSockets.AcceptWebSocketAsync();
            var heard = new byte[100];
            var message = await accepted.ReceiveAsync(heard, Stop);
            await accepted.SendAsync(heard.AsMemory(0, message.Count), WebSocketMessageType.Text, true, Stop);
            await accepted.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", Stop);
        });
        using var invoker = new HttpMessageInvoker(new CallPeerHandler(new PortalOptions { Core = real.Core, Token = token }));
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"wss://{id}/peer/socket?x=1"), invoker, Stop);
        await socket.SendAsync("Grüße"u8.ToArray(), WebSocketMessageType.Text, true, Stop);
        var buffer = new byte[100];
        var answer = await socket.ReceiveAsync(buffer, Stop);
        Assert.Equal("Grüße", Encoding.UTF8.GetString(buffer, 0, answer.Count));

        using var refused = new ClientWebSocket();
        var thrown = await Assert.ThrowsAsync<WebSocketException>(() => refused.ConnectAsync(new Uri("wss://zzzzzz/"), invoker, Stop));
        Assert.Equal("peer_unknown", Assert.IsType<PortalException>(thrown.InnerException).Code);
    }

    [Theory]
    [InlineData("http://abcdef/")]
    [InlineData("https://abcdef:8443/")]
    [InlineData("https://user@abcdef/")]
    public async Task An_address_that_is_more_than_a_peers_ID_is_refused(string address)
    {
        using var client = new HttpClient(new CallPeerHandler(new PortalOptions { Core = real.Core, Token = real.Token }));
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(address, Stop));
    }

    private async Task<HttpClient> Caller(RequestDelegate answer)
    {
        var (token, id) = await App(answer);
        return new PortalClient(new PortalOptions { Core = real.Core, Token = token }).Caller(id);
    }

    private async Task<(string Token, string Id)> App(RequestDelegate answer)
    {
        var app = await real.Pair.App(answer);
        return (await real.Pair.Bob.Send(new IssueAppToken(real.Pair.Bob.Id, app)), real.Pair.Ada.Id.Value);
    }
}
