using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Api.Tests.SignedCalls;

/// <summary>Peers that answer before they have read the body of a call.</summary>
public sealed class EarlyAnswerTests
{
    private const int Large = 8_000_000;

    private static readonly byte[] Body = RandomNumberGenerator.GetBytes(Large);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(413)]
    [InlineData(302)]
    public async Task A_refusal_instead_of_Continue_reaches_the_app_and_no_body_is_sent(int status)
    {
        var sent = 0L;
        await using var rig = await CallRig.StartScripted(async (head, stream) =>
        {
            Assert.Contains("\r\nExpect: 100-continue\r\n", head, StringComparison.OrdinalIgnoreCase);
            await ScriptedPeer.Write(stream, $"HTTP/1.1 {status} No\r\nContent-Length: 2\r\n\r\nno");
            sent = await Drain(stream);
        });

        var (got, said) = await Post(rig);

        Assert.Equal((status, "no", 0L), (got, said, sent));
    }

    [Theory]
    [InlineData(401, true)]
    [InlineData(403, true)]
    [InlineData(413, true)]
    [InlineData(302, true)]
    [InlineData(403, false)]
    public async Task A_refusal_in_the_middle_of_the_body_reaches_the_app(int status, bool continues)
    {
        await using var rig = await CallRig.StartScripted(async (_, stream) =>
        {
            if (continues)
                await ScriptedPeer.Write(stream, "HTTP/1.1 100 Continue\r\n\r\n");
            await stream.ReadExactlyAsync(new byte[100_000], Stop);
            await ScriptedPeer.Write(stream, $"HTTP/1.1 {status} No\r\nContent-Length: 2\r\n\r\nno"); // and closes with the rest unread
        });

        var (got, said) = await Post(rig);

        Assert.Equal((status, "no"), (got, said));
    }

    [Fact]
    public async Task A_refusal_of_a_body_too_small_to_wait_for_reaches_the_app()
    {
        await using var rig = await CallRig.StartScripted(
            async (head, stream) =>
            {
                Assert.DoesNotContain("Expect:", head, StringComparison.OrdinalIgnoreCase);
                await stream.ReadExactlyAsync(new byte[100_000], Stop);
                await ScriptedPeer.Write(stream, "HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno");
            },
            new RegistryOptions.CallsOptions { ExpectContinueAbove = Large });

        Assert.Equal((413, "no"), await Post(rig));
    }

    [Fact]
    public async Task Refusals_are_no_failures_of_the_peer()
    {
        await using var rig = await CallRig.StartScripted(async (head, stream) =>
        {
            var refused = head.StartsWith("POST", StringComparison.Ordinal);
            if (refused)
                await stream.ReadExactlyAsync(new byte[100_000], Stop);
            await ScriptedPeer.Write(stream, $"HTTP/1.1 {(refused ? 403 : 200)} Said\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        });

        for (var i = 0; i < 6; i++)
            Assert.Equal(403, (await Post(rig)).Status);
        using var small = await rig.Client.GetAsync(rig.Call("/a"), Stop);

        Assert.Equal(HttpStatusCode.OK, small.StatusCode);
        Assert.Empty(rig.Told);
    }

    [Fact]
    public async Task An_early_401_is_noted_as_the_peers_refusal()
    {
        await using var rig = await CallRig.StartScripted(async (_, stream) =>
        {
            await ScriptedPeer.Write(stream, "HTTP/1.1 100 Continue\r\n\r\n");
            await stream.ReadExactlyAsync(new byte[100_000], Stop);
            await ScriptedPeer.Write(stream, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
        });

        Assert.Equal(401, (await Post(rig)).Status);
        Assert.Equal(["CallFailed refused"], rig.Told);
    }

    [Fact]
    public async Task A_connection_that_breaks_without_an_answer_is_a_failure()
    {
        await using var rig = await CallRig.StartScripted(async (_, stream) =>
        {
            await ScriptedPeer.Write(stream, "HTTP/1.1 100 Continue\r\n\r\n");
            await stream.ReadExactlyAsync(new byte[100_000], Stop);
        });

        Assert.Equal(502, (await Post(rig)).Status);
        Assert.Equal(["CallFailed"], rig.Told);
    }

    [Fact]
    public async Task A_peer_that_knows_no_100_Continue_gets_the_body_all_the_same()
    {
        var read = 0L;
        await using var rig = await CallRig.StartScripted(async (_, stream) =>
        {
            var buffer = new byte[64 * 1024];
            while (read < Large)
                read += await stream.ReadAsync(buffer, Stop);
            await ScriptedPeer.Write(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        });

        Assert.Equal((200, (long)Large), ((await Post(rig)).Status, read));
    }

    [Fact]
    public async Task A_body_that_is_asked_for_arrives_whole()
    {
        var length = 0L;
        await using var rig = await CallRig.Start(async context =>
        {
            length = await Drain(context.Request.Body);
            await context.Response.WriteAsync(context.Request.Headers.Expect.ToString(), Stop);
        });

        Assert.Equal((200, "100-continue"), await Post(rig));
        Assert.Equal(Large, length);
    }

    private static async Task<(int Status, string Said)> Post(CallRig rig)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, rig.Call("/a")) { Content = new ByteArrayContent(Body) };
        using var response = await rig.Client.SendAsync(request, Stop);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Stop));
    }

    private static async Task<long> Drain(Stream stream)
    {
        var (buffer, total) = (new byte[64 * 1024], 0L);
        while (await stream.ReadAsync(buffer, Stop) is > 0 and var read)
            total += read;
        return total;
    }
}
