using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.ForwardAuth;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Api.Tests.SignedCalls;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Circles;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Gateway;

/// <summary>Streams and WebSockets through the gateway end within a second after whoever opened them lost the right to.</summary>
public sealed class OpenRequestTests(GatewayPair pair) : IClassFixture<GatewayPair>
{
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(1);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("hidden")]
    [InlineData("out of the circle")]
    [InlineData("blocked")]
    [InlineData("removed")]
    public async Task A_peers_stream_and_WebSocket_end_when_it_is(string how)
    {
        var app = await pair.App(Drip);
        var bob = TypedPortalId.Of(pair.Bob.Id);
        if (how == "out of the circle")
        {
            var circle = await pair.Ada.Send(new CreateCircle(pair.Ada.Id, "Friends"));
            await pair.Ada.Send(new SetPeerCircles(pair.Ada.Id, bob, [circle]));
            await pair.Ada.Send(new SetVisibility(pair.Ada.Id, app, VisibilityMode.Some, []) { Circles = [circle] });
        }

        using var caller = await pair.Caller(app);
        using var answer = await caller.GetAsync(pair.Call("/peer/stream"), HttpCompletionOption.ResponseHeadersRead, Stop);
        await using var stream = await answer.Content.ReadAsStreamAsync(Stop);
        await stream.ReadExactlyAsync(new byte[5], Stop);
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", caller.DefaultRequestHeaders.Authorization!.ToString());
        await socket.ConnectAsync(new UriBuilder(new Uri(pair.Bob.Internal, pair.Call("/peer/socket"))) { Scheme = "ws" }.Uri, Stop);

        await (how switch
        {
            "out of the circle" => pair.Ada.Send(new SetPeerCircles(pair.Ada.Id, bob, [])),
            "hidden" => pair.Ada.Send(new SetVisibility(pair.Ada.Id, app, VisibilityMode.None, [])),
            "blocked" => pair.Ada.Block(pair.Bob),
            _ => pair.Ada.Remove(pair.Bob),
        });
        var since = Stopwatch.StartNew();
        await Ends(stream);
        await Ends(socket);
        Assert.InRange(since.Elapsed, TimeSpan.Zero, Promise);

        if (how == "blocked")
            await pair.Ada.Unblock(pair.Bob);
        if (how == "removed")
            await pair.Ada.Add(pair.Bob);
        await Eventually.Mutual(pair.Ada, pair.Bob);
    }

    [Theory]
    [InlineData("device")]
    [InlineData("app")]
    public async Task A_devices_stream_and_WebSocket_end_when_it_is_revoked_or_the_app_removed(string what)
    {
        var app = await pair.App(Drip);
        using var phone = await pair.Ada.Owner("Phone");
        var session = await pair.Session(app, phone);
        using var request = new HttpRequestMessage(HttpMethod.Get, pair.Url(app, "/stream"));
        request.Headers.TryAddWithoutValidation(session.Name, session.Value);
        using var answer = await pair.Anybody.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Stop);
        await using var stream = await answer.Content.ReadAsStreamAsync(Stop);
        await stream.ReadExactlyAsync(new byte[5], Stop);
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader(session.Name, session.Value);
        using var invoker = ProxyProcess.Client(pair.Tunnel.Port);
        await socket.ConnectAsync(new Uri($"wss://{app}.{pair.Ada.Domain}/socket"), invoker, Stop);

        if (what == "device")
            await pair.Ada.Send(new RevokeDevice(pair.Ada.Id, pair.Ada.Snapshot.Devices.Values.Last(device => device.Name == "Phone").Id));
        else
            await pair.Ada.Send(new RemoveApp(pair.Ada.Id, app));
        var since = Stopwatch.StartNew();
        await Ends(stream);
        await Ends(socket);
        Assert.InRange(since.Elapsed, TimeSpan.Zero, Promise);
    }

    [Fact]
    public async Task A_change_that_takes_nothing_from_its_caller_leaves_a_WebSocket_open()
    {
        var app = await pair.App(Drip);
        var session = await pair.Session(app);
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader(session.Name, session.Value);
        using var invoker = ProxyProcess.Client(pair.Tunnel.Port);
        await socket.ConnectAsync(new Uri($"wss://{app}.{pair.Ada.Domain}/socket"), invoker, Stop);

        using var other = await pair.Ada.Owner("Other");
        await pair.Ada.Send(new SetVisibility(pair.Ada.Id, app, VisibilityMode.None, []));
        await Task.Delay(Promise, TimeProvider.System, Stop);
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, Stop);
        var heard = new byte[5];
        await socket.ReceiveAsync(heard, Stop);
        Assert.Equal("hello"u8, heard);
    }

    private static async Task Ends(Stream stream) =>
        await Assert.ThrowsAnyAsync<IOException>(() => stream.ReadAsync(new byte[1], Stop).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Stop));

    private static async Task Ends(ClientWebSocket socket) =>
        await Assert.ThrowsAnyAsync<WebSocketException>(() => socket.ReceiveAsync(new byte[1], Stop).WaitAsync(TimeSpan.FromSeconds(20), Stop));

    private static async Task Drip(HttpContext context)
    {
        if (context.WebSockets.IsWebSocketRequest)
        {
            await CallPeerTests.EchoSocket(context);
            return;
        }

        await context.Response.WriteAsync("first", Stop);
        await context.Response.Body.FlushAsync(Stop);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
    }
}
