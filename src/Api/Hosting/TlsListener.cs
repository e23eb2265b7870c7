using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Api.Hosting;

/// <summary>The edge with TLS of its own (<c>Listen:Tls</c>), so that no proxy is needed: HTTP/2 and HTTP/1.1, one certificate for every name.</summary>
internal static class TlsListener
{
    private static readonly List<SslApplicationProtocol> Protocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];

    public static void ListenWithTls(this KestrelServerOptions kestrel, RegistryOptions.ListenOptions listen)
    {
        if (listen.Tls is not { Length: > 0 } url)
            return;

        var certificate = new ServedCertificate(listen.Certificate!, listen.CertificateKey!, kestrel.ApplicationServices.GetRequiredService<TimeProvider>(),
            kestrel.ApplicationServices.GetRequiredService<ILogger<ServedCertificate>>());
        var address = new Uri(url);
        kestrel.Listen(IPAddress.Parse(address.Host.Trim('[', ']')), address.Port, edge =>
        {
            edge.Mark(Listener.Edge);
            edge.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => new(new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = certificate.Current,
                    ApplicationProtocols = Protocols,
                }),
            });
        });
    }
}

/// <summary>
/// A certificate in two PEM files, read again when they have changed. A pair that does not fit, as while it is being replaced, leaves the old one.
/// </summary>
internal sealed class ServedCertificate
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    private readonly string file;
    private readonly string keyFile;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly Lock gate = new(); // guards the following
    private SslStreamCertificateContext current;
    private (DateTime, DateTime) read;
    private long looked;

    /// <exception cref="StartRefusedException">The files are not a certificate and its key.</exception>
    public ServedCertificate(string file, string keyFile, TimeProvider clock, ILogger<ServedCertificate> log)
    {
        (this.file, this.keyFile, this.clock, this.log, looked, read) = (file, keyFile, clock, log, clock.GetTimestamp(), Written(file, keyFile));
        try
        {
            current = Load();
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new StartRefusedException([$"Listen__Certificate and Listen__CertificateKey are no certificate and its key in PEM: {e.Message}"]);
        }
    }

    public SslStreamCertificateContext Current
    {
        get
        {
            lock (gate)
            {
                if (clock.GetElapsedTime(looked) > BetweenLooks)
                    Look();
                return current;
            }
        }
    }

    private void Look()
    {
        looked = clock.GetTimestamp();
        var written = Written(file, keyFile);
        if (written == read)
            return;

        try
        {
            current = Load();
            read = written;
            log.LogInformation("The certificate in {File} was read again", file);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            log.LogWarning("The certificate in {File} cannot be used, so the earlier one stays: {Reason}", file, e.Message);
        }
    }

    private SslStreamCertificateContext Load()
    {
        using var bare = X509Certificate2.CreateFromPemFile(file, keyFile);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(file); // with the intermediate certificates behind the first
        return SslStreamCertificateContext.Create(X509CertificateLoader.LoadPkcs12(bare.Export(X509ContentType.Pkcs12), null), chain, offline: true);
    }

    private static (DateTime, DateTime) Written(string file, string keyFile) => (File.GetLastWriteTimeUtc(file), File.GetLastWriteTimeUtc(keyFile));
}
