using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.SignedCalls;

/// <summary>Bodies that hardly move: whose they are, they end; and nobody else waits for them.</summary>
public sealed class SlowBodiesTests
{
    private const int SlowPeers = 500;
    private static readonly TimeSpan MoreThanTheWindow = TimeSpan.FromSeconds(31);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly MovableTime clock = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_upload_of_known_length_that_trickles_is_given_up()
    {
        await using var rig = await CallRig.Start(CallPeerTests.Echo, clock: clock);
        using var app = new TcpClient();
        await app.ConnectAsync(IPAddress.Loopback, rig.Core.Port, Stop);
        await app.GetStream()
            .WriteAsync(Encoding.ASCII.GetBytes($"POST /internal/call_peer/{CallRig.Id}/a HTTP/1.1\r\nHost: core\r\nContent-Length: 100000\r\n\r\nx"), Stop);
        using var answer = new StreamReader(app.GetStream());
        var status = answer.ReadLineAsync(Stop).AsTask();

        for (var i = 0; i < 3 && !status.IsCompleted; i++) // the first may come before the call does
        {
            clock.Advance(MoreThanTheWindow);
            await Task.WhenAny(status, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, Stop));
        }

        Assert.Equal("HTTP/1.1 504 Gateway Timeout", await status.WaitAsync(Patience, Stop));
        Assert.Contains("The body was transferred too slowly.", await answer.ReadToEndAsync(Stop), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100_000, true)]
    [InlineData(null, false)]
    public async Task An_answer_that_trickles_is_given_up_where_its_length_is_known(int? length, bool isGivenUp)
    {
        var more = new TaskCompletionSource();
        await using var rig = await CallRig.Start(
            async context =>
            {
                context.Response.ContentLength = length;
                await context.Response.WriteAsync("1", Stop);
                await context.Response.Body.FlushAsync(Stop);
                await more.Task.WaitAsync(context.RequestAborted);
                await context.Response.WriteAsync("2", Stop);
                await context.Response.Body.FlushAsync(Stop);
            },
            clock: clock);
        using var response = await rig.Client.GetAsync(rig.Call("/a"), HttpCompletionOption.ResponseHeadersRead, Stop);
        await using var stream = await response.Content.ReadAsStreamAsync(Stop);
        await stream.ReadExactlyAsync(new byte[1], Stop);
        var next = stream.ReadAsync(new byte[1], Stop).AsTask();

        clock.Advance(MoreThanTheWindow);
        await Task.WhenAny(next, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, Stop));

        Assert.Equal(isGivenUp, next.IsFaulted);
        more.SetResult();
        if (!isGivenUp)
            Assert.Equal(1, await next.WaitAsync(Patience, Stop));
    }

    [Fact]
    public async Task A_caller_that_pauses_gets_all_of_an_answer_of_known_length()
    {
        const int length = 32 << 20; // more than the sockets on the way hold
        await using var rig = await CallRig.Start(
            async context =>
            {
                context.Response.ContentLength = length;
                for (var sent = 0; sent < length; sent += 1 << 16)
                    await context.Response.Body.WriteAsync(new byte[1 << 16], context.RequestAborted);
            },
            clock: clock);
        using var response = await rig.Client.GetAsync(rig.Call("/a"), HttpCompletionOption.ResponseHeadersRead, Stop);
        await using var stream = await response.Content.ReadAsStreamAsync(Stop);
        await stream.ReadExactlyAsync(new byte[1], Stop);

        await Task.Delay(TimeSpan.FromSeconds(4), TimeProvider.System, Stop); // the server's own patience with who does not read ends sooner
        for (var windows = 0; windows < 3; windows++)
        {
            clock.Advance(MoreThanTheWindow);
            await Task.Delay(TimeSpan.FromSeconds(0.5), TimeProvider.System, Stop);
        }

        var rest = 0;
        for (var buffer = new byte[1 << 16]; await stream.ReadAsync(buffer, Stop) is > 0 and var read;)
            rest += read;
        Assert.Equal(length - 1, rest);
    }

    [Fact]
    public async Task A_peer_may_take_as_long_for_a_large_body_as_for_none()
    {
        var (arrived, thought) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var rig = await CallRig.Start(
            async context =>
            {
                await context.Request.Body.CopyToAsync(Stream.Null, Stop);
                arrived.SetResult();
                await thought.Task.WaitAsync(context.RequestAborted);
            },
            new RegistryOptions.CallsOptions { HeaderTimeout = TimeSpan.FromMinutes(10) },
            clock);
        var call = rig.Client.PostAsync(rig.Call("/a"), new ByteArrayContent(new byte[2 << 20]), Stop);
        await arrived.Task.WaitAsync(Patience, Stop);

        for (var windows = 0; windows < 3; windows++) // the body itself went by in the first
        {
            clock.Advance(MoreThanTheWindow);
            await Task.WhenAny(call, Task.Delay(TimeSpan.FromSeconds(0.5), TimeProvider.System, Stop));
        }

        thought.SetResult();

        using var answer = await call;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Beside_five_hundred_peers_of_a_byte_a_second_everybody_else_is_answered()
    {
        var slow = Enumerable.Range(0, SlowPeers).Select(_ => PublicKey.Ed25519(RandomNumberGenerator.GetBytes(32))).ToList();
        await using var rig = await CallRig.Start(
            async context =>
            {
                for (var drips = context.Request.Path == "/drip"; drips; await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, context.RequestAborted))
                {
                    await context.Response.WriteAsync(".", context.RequestAborted);
                    await context.Response.Body.FlushAsync(context.RequestAborted);
                }
            },
            others: slow);
        var peers = CallRig.Of(CallRig.Mutual());
        rig.Snapshot = peers with { Peers = peers.Peers.AddRange(slow.Select(key => KeyValuePair.Create(key.Id.Short, CallRig.Mutual(key)))) };
        var dripping = await Task.WhenAll(slow.Select(key => rig.Client.GetStreamAsync(rig.Call("/drip", key.Id.Value), Stop)));
        var reading = dripping.Select(stream => stream.CopyToAsync(Stream.Null, Stop)).ToList();

        for (var i = 0; i < 100; i++)
        {
            using var answer = await rig.Client.GetAsync(rig.Call("/a"), Stop).WaitAsync(Patience, Stop);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.DoesNotContain(reading, task => task.IsCompleted);
        foreach (var stream in dripping)
            await stream.DisposeAsync();
    }
}

/// <summary>Alone, since it counts what the whole process allocates.</summary>
[Collection(nameof(LargeBodiesTests))]
[CollectionDefinition(nameof(LargeBodiesTests), DisableParallelization = true)]
public sealed class LargeBodiesTests
{
    private const int Length = 64 << 20;
    private const int MostAllocated = 16 << 20;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("POST")]
    [InlineData("GET")]
    public async Task Sixty_four_megabytes_pass_without_being_held(string method)
    {
        var arrived = 0L;
        await using var rig = await CallRig.Start(async context =>
        {
            var buffer = new byte[64 << 10];
            while (await context.Request.Body.ReadAsync(buffer, Stop) is > 0 and var read)
                arrived += read;
            context.Response.ContentLength = Length - arrived;
            for (var left = Length - arrived; left > 0; left -= buffer.Length)
                await context.Response.Body.WriteAsync(buffer, Stop);
        });
        var before = GC.GetTotalAllocatedBytes();

        using var request = new HttpRequestMessage(new HttpMethod(method), rig.Call("/a"));
        if (method == "POST")
            request.Content = new Zeros();
        using var answer = await rig.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Stop);
        await using var stream = await answer.Content.ReadAsStreamAsync(Stop);
        var back = 0L;
        for (var buffer = new byte[64 << 10]; await stream.ReadAsync(buffer, Stop) is > 0 and var read; back += read)
        {
        }

        Assert.Equal(Length, method == "POST" ? arrived : back);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, MostAllocated);
    }

    private sealed class Zeros : HttpContent
    {
        protected override bool TryComputeLength(out long length)
        {
            length = Length;
            return true;
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var piece = new byte[64 << 10];
            for (var left = Length; left > 0; left -= piece.Length)
                await stream.WriteAsync(piece, Stop);
        }
    }
}
