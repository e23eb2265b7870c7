using System.Text;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;

namespace PeerRegistry.Api.Tests.SignedCalls;

/// <summary>Header values of calls, both ways: bytes that nobody here reads stay as they are, and fields of one connection stay behind.</summary>
public sealed class HeaderBytesTests
{
    private const string Closing = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n";

    private static readonly string AllBytes = "a" + Encoding.Latin1.GetString([.. Enumerable.Range(0x80, 0x80).Select(b => (byte)b)]) + "z";

    private static readonly string[] Requested =
        ["Referer", "User-Agent", "Cookie", "Authorization", "Accept-Language", "From", "If-None-Match", "Origin", "Range", "X-Custom", "Content-Type"];

    private static readonly string[] Answered =
        ["Content-Disposition", "Content-Type", "ETag", "Last-Modified", "Link", "Location", "Server", "Set-Cookie", "Vary", "WWW-Authenticate", "X-Custom"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bytes_beyond_ASCII_reach_the_peer_unchanged()
    {
        var seen = "";
        await using var rig = await CallRig.StartScripted((head, stream) =>
        {
            seen = head;
            return ScriptedPeer.Write(stream, Closing + "\r\n");
        });

        var answer = await Raw(rig, $"Proxy-Authorization: Bearer {CallRig.AppToken}\r\n" + string.Concat(Requested.Select(name => $"{name}: {AllBytes}\r\n")));

        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.All(Requested, name => Assert.Contains($"\r\n{name}: {AllBytes}\r\n", seen, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Bytes_beyond_ASCII_come_back_unchanged()
    {
        await using var rig = await CallRig.StartScripted((_, stream) =>
            ScriptedPeer.Write(stream, Closing + string.Concat(Answered.Select(name => $"{name}: {AllBytes}\r\n")) + "\r\n"));

        var answer = await Raw(rig, "");

        Assert.All(Answered, name => Assert.Contains($"\r\n{name}: {AllBytes}\r\n", answer, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Connection: X-Named\r\n")]
    [InlineData("Connection: close, X-Named\r\n")]
    [InlineData("Connection: keep-alive, X-Named\r\n")]
    [InlineData("Connection: X-Named, close\r\n")]
    [InlineData("Connection: X-Named\r\nConnection: close\r\n")]
    [InlineData("Connection: close\r\nConnection: x-named\r\n")]
    [InlineData("Connection: keep-alive\r\nConnection: X-Named\r\n")]
    [InlineData("Connection: keep-alive ,\tX-Named ,\r\n")]
    [InlineData("Connection: close,X-Named\r\n")]
    public async Task A_field_named_in_Connection_stays_behind_both_ways(string connection)
    {
        var seen = "";
        await using var rig = await CallRig.StartScripted((head, stream) =>
        {
            seen = head;
            return ScriptedPeer.Write(stream, $"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{connection}X-Named: theirs\r\nX-Other: theirs\r\n\r\n");
        });

        var answer = await Raw(rig, connection + "X-Named: ours\r\nX-Other: ours\r\n", close: false);

        Assert.Contains("\r\nX-Other: ours\r\n", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("X-Named", seen, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\r\nX-Other: theirs\r\n", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("X-Named", answer, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Byte for byte, as no client library would send it.</summary>
    /// <returns>The head of the answer.</returns>
    private static async Task<string> Raw(CallRig rig, string fields, bool close = true)
    {
        using var connection = new System.Net.Sockets.TcpClient();
        await connection.ConnectAsync(rig.Core.Host, rig.Core.Port, Stop);
        await using var stream = connection.GetStream();
        await ScriptedPeer.Write(stream, $"GET /internal/call_peer/{CallRig.Id}/a HTTP/1.1\r\nHost: x\r\n{(close ? "Connection: close\r\n" : "")}{fields}\r\n");
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        while (!answer.ToString().Contains("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(buffer, Stop) is > 0 and var read)
            answer.Append(Encoding.Latin1.GetString(buffer, 0, read));
        return answer.ToString();
    }
}
