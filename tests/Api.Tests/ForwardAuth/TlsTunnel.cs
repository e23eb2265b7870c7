using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>Ends TLS and passes the bytes on as they are: the least that stands before the gateway, so that it reads what a hostile client wrote.</summary>
internal sealed class TlsTunnel : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly X509Certificate2 certificate;
    private readonly Uri target;
    private readonly Task accepting;

    private TlsTunnel(X509Certificate2 certificate, Uri target)
    {
        (this.certificate, this.target) = (certificate, target);
        listener.Start(512);
        accepting = Accept();
    }

    /// <summary>Changes what the server sends, piece by piece, as one who breaks TLS would. Null: nothing is changed.</summary>
    public Func<string, string>? Change { get; set; }

    /// <summary>The port of another server that ends TLS, to which the bytes are passed as they are. Null: TLS ends here.</summary>
    public int? PassTo { get; set; }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public static TlsTunnel Start(TestCertificate certificate, Uri target)
    {
        using var bare = X509Certificate2.CreateFromPemFile(certificate.File, certificate.KeyFile);
        return new TlsTunnel(X509CertificateLoader.LoadPkcs12(bare.Export(X509ContentType.Pkcs12), null), target);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Dispose();
        await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        certificate.Dispose();
        stop.Dispose();
    }

    private async Task Accept()
    {
        while (true)
            _ = Pass(await listener.AcceptTcpClientAsync(stop.Token));
    }

    private async Task Pass(TcpClient client)
    {
        var server = new TcpClient { NoDelay = true };
        Stream near = PassTo is null ? new SslStream(client.GetStream()) : client.GetStream();
        try
        {
            client.NoDelay = true;
            if (near is SslStream tls)
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, stop.Token);
            await server.ConnectAsync(target.Host, PassTo ?? target.Port, stop.Token);
            var far = server.GetStream();
            await Both(near, far, () => server.Client.Shutdown(SocketShutdown.Send));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or ObjectDisposedException or AuthenticationException)
        {
            // one of the two has closed the connection
        }
        finally
        {
            await near.DisposeAsync();
            server.Dispose();
            client.Dispose();
        }
    }

    /// <summary>Copies until the server has no more to say, or both sides have not.</summary>
    private async Task Both(Stream near, Stream far, Action end)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        var to = Copy(near, far, isAnswer: false, end, over.Token);
        var from = Copy(far, near, isAnswer: true, () => { }, over.Token);
        await Task.WhenAny(from, Task.WhenAll(to, from));
        await over.CancelAsync();
        await Task.WhenAll(to, from);
    }

    private async Task Copy(Stream from, Stream to, bool isAnswer, Action end, CancellationToken ct)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReadAsync(buffer, ct) is > 0 and var read)
        {
            var changed = isAnswer && Change is { } change ? Encoding.Latin1.GetBytes(change(Encoding.Latin1.GetString(buffer, 0, read))) : null;
            await to.WriteAsync(changed ?? buffer.AsMemory(0, read), ct);
        }

        end();
    }
}
