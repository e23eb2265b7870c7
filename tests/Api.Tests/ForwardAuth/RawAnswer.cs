using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>What came back for bytes that were sent as they are.</summary>
/// <param name="Status">0 if the connection was closed without an answer.</param>
/// <param name="Body">Read as Latin-1.</param>
internal sealed record RawAnswer(int Status, string Head, string Body)
{
    /// <summary>The <c>code</c> of a problem, or an empty string.</summary>
    public string Code => Head.Contains("application/problem+json", StringComparison.OrdinalIgnoreCase)
        ? Json.GetProperty("code").GetString()!
        : "";

    public JsonElement Json => JsonDocument.Parse(Body[Body.IndexOf('{', StringComparison.Ordinal)..(Body.LastIndexOf('}') + 1)]).RootElement;

    /// <summary>Reads one answer, or until the server closes the connection.</summary>
    public static async Task<RawAnswer> Of(int port, string serverName, string request)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        using var connection = new TcpClient();
        await connection.ConnectAsync("127.0.0.1", port, limit.Token);
        // the proxy of this test, whoever signed for it
        await using var tls = new SslStream(connection.GetStream(), false, (_, certificate, _, _) => certificate is not null);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = serverName }, limit.Token);
        var (received, buffer) = (new StringBuilder(), new byte[16 * 1024]);
        try
        {
            await tls.WriteAsync(Encoding.Latin1.GetBytes(request), limit.Token);
            while (!IsWhole(received.ToString()) && await tls.ReadAsync(buffer, limit.Token) is > 0 and var read)
                received.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
        catch (IOException)
        {
            // closed while it was written to or read: what came until then counts
        }

        var text = received.ToString();
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return text.StartsWith("HTTP/1.", StringComparison.Ordinal) && end > 0
            ? new RawAnswer(int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture), text[..end], Unframed(text[..end], text[(end + 4)..]))
            : new RawAnswer(0, "", "");
    }

    private static string Unframed(string head, string sent)
    {
        if (!head.Contains("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase))
            return sent;

        var body = new StringBuilder();
        for (var at = 0; sent.IndexOf("\r\n", at, StringComparison.Ordinal) is >= 0 and var end;)
        {
            var length = int.Parse(sent.AsSpan(at, end - at), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (length == 0)
                break;
            body.Append(sent, end + 2, length);
            at = end + 2 + length + 2;
        }

        return body.ToString();
    }

    private static bool IsWhole(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
            return false;

        var (head, body) = (text[..end], text.Length - end - 4);
        if (text.AsSpan(9, 3) is "101" or "204" or "304")
            return true;

        var length = head.Split("\r\n").Select(line => line.Split(':', 2))
            .Where(line => line[0].Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            .Select(line => int.Parse(line[1], CultureInfo.InvariantCulture)).ToList();
        return length is [var known] ? body >= known : text.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal);
    }
}
