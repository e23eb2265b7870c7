using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>
/// TLS trust: the system's roots, and those of <c>Peering:TrustedCertificates</c>. The file is read when a certificate is not
/// trusted without it, so that one replaced while running (a proxy's internal authority) counts at once.
/// </summary>
internal static class PeerTrust
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    public static SslClientAuthenticationOptions Options(string? trustedCertificates) => new()
    {
        RemoteCertificateValidationCallback = trustedCertificates is null
            ? null
            : (_, certificate, chain, errors) => IsTrusted(trustedCertificates, certificate, chain, errors),
    };

    private static bool IsTrusted(string file, X509Certificate? certificate, X509Chain? presented, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
            return true;
        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || certificate is not X509Certificate2 leaf)
            return false; // a certificate for another name stays wrong, whoever made it

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        try
        {
            chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return false;
        }

        if (presented is not null)
            chain.ChainPolicy.ExtraStore.AddRange(presented.ChainPolicy.ExtraStore); // the intermediates that came along
        return chain.Build(leaf);
    }
}
