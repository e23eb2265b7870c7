using System.Net;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Application.Common;
using PeerRegistry.Infrastructure.Forwarding;

namespace PeerRegistry.Api.Tests.SignedCalls;

/// <summary>How many calls one app may have, and what becomes of those still open when the Portal is stopped.</summary>
public sealed class OpenCallsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_app_with_too_many_calls_is_refused_and_the_others_are_not()
    {
        await using var rig = await CallRig.Start(CallPeerTests.Echo, new RegistryOptions.CallsOptions { PerApp = 1 });
        var (calls, peer) = (rig.Get<OpenCalls>(), CallRig.Mutual());
        var only = calls.Enter(CallRig.Of(peer), "mail", peer, Stop);

        using var refused = await rig.Client.GetAsync(rig.Call("/a"), Stop);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Contains("rate_limited", await refused.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);

        calls.Leave(calls.Enter(CallRig.Of(peer), "photos", peer, Stop)); // has a place of its own
        calls.Leave(only);
        using var passed = await rig.Client.GetAsync(rig.Call("/a"), Stop);
        Assert.Equal(HttpStatusCode.OK, passed.StatusCode);
    }

    [Fact]
    public async Task A_stream_ends_when_the_Portal_is_stopped()
    {
        await using var rig = await CallRig.Start(async context =>
        {
            await context.Response.WriteAsync("first", Stop);
            await context.Response.Body.FlushAsync(Stop);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
        using var response = await rig.Client.GetAsync(rig.Call("/a"), HttpCompletionOption.ResponseHeadersRead, Stop);
        await using var stream = await response.Content.ReadAsStreamAsync(Stop);
        await stream.ReadExactlyAsync(new byte[5], Stop);

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var stopped = rig.StopCore(patience.Token);
        try
        {
            await Assert.ThrowsAnyAsync<IOException>(() => stream.ReadAsync(new byte[1], Stop).AsTask().WaitAsync(TimeSpan.FromSeconds(5), Stop));
        }
        finally
        {
            await patience.CancelAsync();
            await stopped;
        }
    }

    [Fact]
    public async Task A_call_that_still_waits_then_gets_the_reason()
    {
        var arrived = new TaskCompletionSource();
        await using var rig = await CallRig.Start(context =>
        {
            arrived.SetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        });
        var call = rig.Client.GetAsync(rig.Call("/a"), Stop);
        await arrived.Task;

        var stopped = rig.StopCore(Stop);

        using var answer = await call.WaitAsync(TimeSpan.FromSeconds(5), Stop);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("\"stopping\"", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        await stopped;
    }
}
