using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PeerRegistry.Infrastructure.Tls;

/// <summary>
/// How server certificates are checked on every TLS connection that the registry opens: by what the server sent and nothing else.
/// Issuer certificates, revocation lists and OCSP responses are never fetched, because their URLs are chosen by whoever made the
/// certificate, and because fetching them blocks a thread of the shared pool.
/// </summary>
internal static class CertificateChecks
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1"; // RFC 5280 section 4.2.1.12

    public static X509ChainPolicy Policy() => new()
    {
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
        ApplicationPolicy = { new Oid(ServerAuthentication) },
    };
}
