using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace PeerRegistry.Api.Tests.Common;

/// <summary>A server that says to the byte what a test wants, valid HTTP or not. Each connection carries one request.</summary>
internal sealed class ScriptedPeer : IAsyncDisposable
{
    private readonly CancellationTokenSource over = new();
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly SslStreamCertificateContext? certificate;
    private readonly Func<string, Stream, Task> answer;
    private readonly Task accepting;

    private ScriptedPeer(X509Certificate2? certificate, Func<string, Stream, Task> answer)
    {
        this.certificate = certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true);
        this.answer = answer;
        listener.Start();
        accepting = Accept();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <param name="certificate">The server's certificate, or null for a server without TLS.</param>
    /// <param name="answer">Given the request's head as Latin-1 text and the connection, from which a body may be read.</param>
    public static ScriptedPeer Start(X509Certificate2? certificate, Func<string, Stream, Task> answer) => new(certificate, answer);

    /// <summary>Writes text as Latin-1 bytes.</summary>
    public static async Task Write(Stream to, string text) => await to.WriteAsync(Encoding.Latin1.GetBytes(text));

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        listener.Dispose();
        await accepting;
        over.Dispose();
    }

    private async Task Accept()
    {
        try
        {
            while (true)
                _ = Serve(await listener.AcceptTcpClientAsync(over.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // the test is over
        }
    }

    private async Task Serve(TcpClient client)
    {
        using var _ = client;
        await using Stream stream = certificate is null ? client.GetStream() : new SslStream(client.GetStream());
        try
        {
            if (stream is SslStream tls)
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = certificate }, over.Token);
            var head = new StringBuilder();
            var one = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one, over.Token) > 0)
                head.Append((char)one[0]);
            await answer(head.ToString(), stream);
        }
        catch (Exception e) when (e is IOException or AuthenticationException or OperationCanceledException)
        {
            // the other side has left, or did not like the certificate
        }
    }
}
