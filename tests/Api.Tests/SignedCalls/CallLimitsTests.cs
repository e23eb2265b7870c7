using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using static PeerRegistry.Api.Tests.SignedCalls.CallPeerTests;

namespace PeerRegistry.Api.Tests.SignedCalls;

/// <summary>Who may not call, what is cut, and what has an end.</summary>
public sealed class CallLimitsTests
{
    public static readonly TheoryData<string> Endings = ["removed", "blocked", "withdrawn", "hidden", "app removed", "moved", "another key"];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("unknown", 404, "peer_unknown")]
    [InlineData("removed", 404, "peer_unknown")]
    [InlineData("blocked", 404, "peer_unknown")]
    [InlineData("hidden", 404, "peer_unknown")]
    [InlineData("app removed", 401, "not_authenticated")]
    [InlineData("another key", 404, "peer_unknown")]
    [InlineData("pending", 409, "peering_not_mutual")]
    [InlineData("withdrawn", 409, "peering_not_mutual")]
    [InlineData("original, not reached", 409, "peering_not_mutual")]
    [InlineData("original, which does not know Ed25519", 409, "original_needs_rsa")]
    public async Task No_call_is_sent_to_a_peer_that_is(string state, int status, string code)
    {
        var arrived = 0;
        await using var rig = await CallRig.Start(context =>
        {
            arrived++;
            return Echo(context);
        });
        rig.Snapshot = When(state);

        var id = state == "original, not reached" ? CallRig.Key.Id.Short.Value : null;
        await Refused(rig, status, code, new HttpRequestMessage(HttpMethod.Get, rig.Call("/a", id)));
        Assert.Equal(0, arrived);
    }

    [Fact]
    public async Task An_original_may_be_called_before_it_is_mutual()
    {
        await using var rig = await CallRig.Start(Echo);
        rig.Snapshot = CallRig.OfRsa(CallRig.Mutual() with { Original = true, Status = PeerStatus.Pending });

        using var response = await rig.Client.GetAsync(rig.Call("/a"), Stop);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task An_original_that_answers_401_refuses_until_it_answers_otherwise()
    {
        var status = StatusCodes.Status401Unauthorized;
        await using var rig = await CallRig.Start(context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        rig.Snapshot = CallRig.OfRsa(CallRig.Mutual() with { Original = true });
        AnswerProofState? Seen() => rig.Get<IPeerAnswers>().Last(PortalId.Of("self"), CallRig.Key.Id.Short)?.State;

        (await rig.Client.GetAsync(rig.Call("/a"), Stop)).Dispose();
        Assert.Equal(AnswerProofState.Refused, Seen());
        status = StatusCodes.Status404NotFound;
        (await rig.Client.GetAsync(rig.Call("/a"), Stop)).Dispose();
        Assert.Equal(AnswerProofState.Unsigned, Seen());
    }

    [Theory]
    [MemberData(nameof(Endings))]
    public async Task A_stream_and_a_WebSocket_end_within_a_second_when_the_peer_is(string state)
    {
        await using var rig = await CallRig.Start(async context =>
        {
            if (context.WebSockets.IsWebSocketRequest)
            {
                await EchoSocket(context);
                return;
            }

            await context.Response.WriteAsync("first", Stop);
            await context.Response.Body.FlushAsync(Stop);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
        using var response = await rig.Client.GetAsync(rig.Call("/a"), HttpCompletionOption.ResponseHeadersRead, Stop);
        await using var stream = await response.Content.ReadAsStreamAsync(Stop);
        await stream.ReadExactlyAsync(new byte[5], Stop);
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(rig.Call("/socket")) { Scheme = "ws" }.Uri, Stop);

        rig.Snapshot = When(state);
        var since = Stopwatch.StartNew();

        await Assert.ThrowsAnyAsync<IOException>(() => stream.ReadAsync(new byte[1], Stop).AsTask().WaitAsync(Patience, Stop));
        await Assert.ThrowsAnyAsync<WebSocketException>(() => socket.ReceiveAsync(new byte[1], Stop).WaitAsync(Patience, Stop));
        Assert.InRange(since.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_change_that_leaves_the_peer_callable_ends_nothing()
    {
        var renamed = new TaskCompletionSource();
        await using var rig = await CallRig.Start(async context =>
        {
            await context.Response.WriteAsync("first", Stop);
            await context.Response.Body.FlushAsync(Stop);
            await renamed.Task;
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, Stop);
            await context.Response.WriteAsync("second", Stop);
        });
        using var response = await rig.Client.GetAsync(rig.Call("/a"), HttpCompletionOption.ResponseHeadersRead, Stop);

        rig.Snapshot = CallRig.Of(CallRig.Mutual() with { Petname = "Renamed" });
        renamed.SetResult();

        Assert.Equal("firstsecond", await response.Content.ReadAsStringAsync(Stop));
    }

    [Fact]
    public async Task No_answer_is_passed_on_after_the_removal()
    {
        var (arrived, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var rig = await CallRig.Start(async context =>
        {
            arrived.SetResult();
            await go.Task;
            await Echo(context);
        });
        var call = rig.Client.GetAsync(rig.Call("/a"), Stop);
        await arrived.Task;

        rig.Snapshot = When("removed");
        go.SetResult();

        using var response = await call;
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task Waiting_for_a_response_is_limited()
    {
        await using var rig = await CallRig.Start(
            context => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted),
            new RegistryOptions.CallsOptions { HeaderTimeout = TimeSpan.FromMilliseconds(300) });

        await Refused(rig, 504, "peer_timeout", new HttpRequestMessage(HttpMethod.Get, rig.Call("/a")));
    }

    [Theory]
    [InlineData("idle")]
    [InlineData("deadline")]
    public async Task The_duration_of_a_stream_is_limited(string by)
    {
        var short_ = TimeSpan.FromMilliseconds(600);
        var limits = by == "idle" ? new RegistryOptions.CallsOptions { IdleTimeout = short_ } : new RegistryOptions.CallsOptions { Deadline = short_ };
        await using var rig = await CallRig.Start(
            async context =>
            {
                while (true)
                {
                    await context.Response.WriteAsync(".", context.RequestAborted);
                    await context.Response.Body.FlushAsync(context.RequestAborted);
                    var wait = by == "idle" ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(50);
                    await Task.Delay(wait, TimeProvider.System, context.RequestAborted);
                }
            },
            limits);

        var read = rig.Client.GetStringAsync(rig.Call("/a"), Stop);

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => read.WaitAsync(TimeSpan.FromSeconds(5), Stop));
    }

    [Fact]
    public async Task Concurrent_calls_are_limited_per_peer_and_per_app()
    {
        using var go = new SemaphoreSlim(0);
        var arrived = new SemaphoreSlim(0);
        await using var rig = await CallRig.Start(
            async context =>
            {
                arrived.Release();
                await go.WaitAsync(Stop);
                await Echo(context);
            },
            new RegistryOptions.CallsOptions { PerPeer = 2 });
        var calls = new[] { rig.Client.GetAsync(rig.Call("/1"), Stop), rig.Client.GetAsync(rig.Call("/2"), Stop) };
        await arrived.WaitAsync(Stop);
        await arrived.WaitAsync(Stop);

        using var third = await rig.Client.GetAsync(rig.Call("/3"), Stop);
        Assert.Equal((429, 1), ((int)third.StatusCode, (int)third.Headers.RetryAfter!.Delta!.Value.TotalSeconds));

        go.Release(3);
        foreach (var call in calls)
            Assert.Equal(HttpStatusCode.OK, (await call).StatusCode);
        using var fourth = await rig.Client.GetAsync(rig.Call("/4"), Stop);
        Assert.Equal(HttpStatusCode.OK, fourth.StatusCode); // the places were given back
    }

    [Theory]
    [InlineData(-8, true)]
    [InlineData(90, true)]
    [InlineData(-2, false)]
    [InlineData(20, false)]
    public async Task A_401_of_a_peer_whose_clock_makes_it_refuse_every_signature_names_the_clocks(int seconds, bool named)
    {
        await using var rig = await CallRig.Start(context =>
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.Date = TimeProvider.System.GetUtcNow().AddSeconds(seconds).ToString("R", CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        });

        using var answer = await rig.Client.GetAsync(rig.Call("/a"), Stop);

        Assert.Equal(named ? HttpStatusCode.BadGateway : HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(named, (await answer.Content.ReadAsStringAsync(Stop)).Contains("\"reason\":\"clock_skew\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_peer_that_keeps_failing_is_not_called_for_a_while()
    {
        var down = true;
        await using var rig = await CallRig.Start(context =>
        {
            if (!down)
                return Echo(context);
            context.Abort();
            return Task.CompletedTask;
        });
        for (var i = 0; i < 5; i++)
            await Refused(rig, 502, "peer_unreachable", new HttpRequestMessage(HttpMethod.Post, rig.Call("/a")));
        down = false;

        using var refused = await rig.Client.GetAsync(rig.Call("/a"), Stop);

        Assert.Equal(HttpStatusCode.BadGateway, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 5);
        var problem = await refused.Content.ReadAsStringAsync(Stop);
        Assert.Contains("5 times in a row", problem, StringComparison.Ordinal);
        Assert.Contains("\"reason\":\"connection_broken\"", problem, StringComparison.Ordinal);

        await Task.Delay(TimeSpan.FromSeconds(5.5), TimeProvider.System, Stop);
        using var again = await rig.Client.GetAsync(rig.Call("/a"), Stop);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Theory]
    [InlineData(200, null)]
    [InlineData(401, "CallFailed refused")]
    [InlineData(502, null)]
    [InlineData(0, "CallFailed")]
    public async Task The_outcome_of_a_call_is_reported_to_the_contact(int status, string? told)
    {
        await using var rig = await CallRig.Start(context =>
        {
            if (status == 0)
                context.Abort();
            else
                context.Response.StatusCode = status;
            return Task.CompletedTask;
        });

        (await rig.Client.PostAsync(rig.Call("/a"), null, Stop)).Dispose();

        Assert.Equal(told is null ? [] : [told], rig.Told);
    }

    private static PortalSnapshot When(string state)
    {
        var peer = CallRig.Mutual();
        return state switch
        {
            "unknown" => CallRig.Of(null),
            "removed" => CallRig.Of(peer with { Listed = false }),
            "blocked" => CallRig.Of(peer with { Blocked = true }),
            "withdrawn" => CallRig.Of(peer with { Status = PeerStatus.Withdrawn }),
            "pending" => CallRig.Of(peer with { Status = PeerStatus.Pending }),
            "original, not reached" => CallRig.Of(peer with { Original = true, Status = PeerStatus.Pending, Key = null, Id = null }),
            "original, which does not know Ed25519" => CallRig.Of(peer with { Original = true }),
            "moved" => CallRig.Of(peer with { Domain = $"{peer.Short}.elsewhere.example" }),
            "another key" => CallRig.Of(peer with { Id = PortalId.Of("another") }),
            "hidden" => CallRig.Of(peer, Visibility.Some([])),
            "app removed" => CallRig.Of(peer) with { Apps = ImmutableDictionary<string, App>.Empty },
            _ => throw new UnreachableException(state),
        };
    }
}
