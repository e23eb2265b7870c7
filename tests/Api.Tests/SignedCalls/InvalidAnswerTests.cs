using System.Net.Http.Json;
using System.Text.Json;
using PeerRegistry.Api.Tests.Common;

namespace PeerRegistry.Api.Tests.SignedCalls;

/// <summary>Answers of a peer that are no valid HTTP, or that nobody could pass on without a guess.</summary>
public sealed class InvalidAnswerTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\n";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab")]
    [InlineData(Ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab")]
    [InlineData(Ok + "Content-Length: 1, 2\r\n\r\nab")]
    [InlineData(Ok + "Content-Length: -1\r\n\r\nab")]
    [InlineData(Ok + "Content-Length: +2\r\n\r\nab")]
    [InlineData(Ok + "Content-Length: 0x2\r\n\r\nab")]
    [InlineData(Ok + "Content-Length: \r\n\r\nab")]
    [InlineData(Ok + "Content-Length: 99999999999999999999\r\n\r\nab")]
    [InlineData(Ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")]
    [InlineData(Ok + "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")]
    [InlineData(Ok + "Transfer-Encoding: gzip\r\n\r\nab")]
    [InlineData(Ok + "X-A: a\u0001b\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(Ok + "X-A: a\u007Fb\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(Ok + "Content-Type: text/\u0002\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(Ok + "Bad Name: a\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(Ok + ": a\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(Ok + "no colon\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 204 None\r\nContent-Length: 2\r\n\r\nab")]
    [InlineData("HTTP/1.1 204 None\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 205 Reset\r\nContent-Length: 2\r\n\r\nab")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\n\r\n")]
    [InlineData("HTTP/1.1 103 Early\r\nX-A: b\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n\r\n")]
    [InlineData("HTTP/1.1 099 Low\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 600 High\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 999 High\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 20 Short\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n\r\n")]
    public async Task An_answer_that_cannot_be_passed_on_is_a_bad_gateway_with_a_code_and_no_stack_trace(string answer)
    {
        await using var rig = await CallRig.StartScripted((_, stream) => ScriptedPeer.Write(stream, answer));

        using var response = await rig.Client.GetAsync(rig.Call("/a"), Stop);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Stop);

        Assert.Equal((502, "answer_invalid"), ((int)response.StatusCode, problem.GetProperty("code").GetString()));
        Assert.Empty(rig.Logged);
    }

    [Fact]
    public async Task A_head_without_end_is_502()
    {
        await using var rig = await CallRig.StartScripted(async (_, stream) =>
        {
            await ScriptedPeer.Write(stream, Ok);
            for (var i = 0; i < 100; i++)
                await ScriptedPeer.Write(stream, $"X-{i}: {new string('a', 1000)}\r\n");
        });

        await CallPeerTests.Refused(rig, 502, "answer_invalid", new HttpRequestMessage(HttpMethod.Get, rig.Call("/a")));
        Assert.Empty(rig.Logged);
    }

    [Fact]
    public async Task Invalid_answers_do_not_close_the_way_to_the_peer()
    {
        var asked = 0;
        await using var rig = await CallRig.StartScripted((_, stream) => ScriptedPeer.Write(
            stream, ++asked > 6 ? Ok + "Content-Length: 0\r\nConnection: close\r\n\r\n" : asked % 2 == 0 ? "nonsense\r\n\r\n"
                : Ok + "Content-Length: 1, 2\r\n\r\n"));

        for (var i = 0; i < 6; i++)
            await CallPeerTests.Refused(rig, 502, "answer_invalid", new HttpRequestMessage(HttpMethod.Get, rig.Call("/a")));

        Assert.Equal(200, (int)(await rig.Client.GetAsync(rig.Call("/a"), Stop)).StatusCode);
    }

    [Theory]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: <a>\r\n\r\n" + Ok + "Content-Length: 2\r\n\r\nab", 200, "ab")]
    [InlineData(Ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", 200, "ab")]
    [InlineData(Ok + "Transfer-Encoding: Chunked\r\nX-A: a\tb\r\n\r\n2\r\nab\r\n0\r\n\r\n", 200, "ab")]
    [InlineData(Ok + "\r\nab", 200, "ab")]
    [InlineData("HTTP/1.1 204 None\r\nContent-Length: 0\r\n\r\n", 204, "")]
    [InlineData("HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n", 205, "")]
    [InlineData("HTTP/1.1 205 Reset\r\n\r\nab", 205, "")]
    [InlineData("HTTP/1.1 304 Same\r\nContent-Length: 7\r\n\r\n", 304, "")]
    [InlineData(Ok + "X-A: a\u0000b\r\nContent-Length: 0\r\n\r\n", 200, "")] // NUL and CR become spaces (RFC 9110 section 5.5)
    [InlineData(Ok + "X-A: a\rb\r\nContent-Length: 0\r\n\r\n", 200, "")]
    [InlineData("HTTP/1.1 599 Odd\r\nContent-Length: 0\r\n\r\n", 599, "")]
    public async Task A_valid_answer_passes_however_odd(string answer, int status, string body)
    {
        await using var rig = await CallRig.StartScripted((_, stream) => ScriptedPeer.Write(stream, answer));

        using var response = await rig.Client.GetAsync(rig.Call("/a"), Stop);

        Assert.Equal((status, body), ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Stop)));
        Assert.Empty(rig.Logged);
    }

    [Theory]
    [InlineData(Ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-A: a\u0001b\r\n\r\n")]
    [InlineData(Ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\nzz\r\n")]
    [InlineData(Ok + "Content-Length: 5\r\n\r\nab")]
    public async Task An_answer_that_turns_out_invalid_later_is_broken_off(string answer)
    {
        await using var rig = await CallRig.StartScripted((_, stream) => ScriptedPeer.Write(stream, answer));

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => rig.Client.GetStringAsync(rig.Call("/a"), Stop));
        Assert.Empty(rig.Logged);
    }
}
