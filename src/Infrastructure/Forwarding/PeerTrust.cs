using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PeerRegistry.Application.Peers;
using PeerRegistry.Infrastructure.Tls;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>
/// TLS trust in peers: the system's roots and those of <c>Peering:TrustedCertificates</c>.
/// </summary>
/// <param name="file">PEM file with further roots, or null if there is none.</param>
internal sealed class PeerTrust(string? file)
{
    private volatile Roots? roots;

    public SslClientAuthenticationOptions Options() => new()
    {
        CertificateChainPolicy = CertificateChecks.Policy(),
        RemoteCertificateValidationCallback = (_, certificate, chain, errors) => Verify(certificate as X509Certificate2, chain, errors),
    };

    /// <returns>True; every other outcome is an exception.</returns>
    /// <exception cref="CertificateRefusedException">The certificate is not accepted; the exception says why.</exception>
    private bool Verify(X509Certificate2? leaf, X509Chain? bySystem, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
            return true;
        if (leaf is null || bySystem is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
            throw new CertificateRefusedException(PeerFault.CertificateInvalid);

        var wrongName = errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch);
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
            RequireOwnRoot(leaf, bySystem, wrongName);
        return wrongName ? throw new CertificateRefusedException(PeerFault.CertificateNameWrong) : true;
    }

    /// <summary>Accepts a chain that the system's roots do not vouch for only if the configured ones do.</summary>
    /// <exception cref="CertificateRefusedException">They do not either.</exception>
    private void RequireOwnRoot(X509Certificate2 leaf, X509Chain bySystem, bool wrongName)
    {
        var status = CertificateStatus.Of(bySystem, leaf);
        if (Read() is { } own)
        {
            using var chain = new X509Chain { ChainPolicy = CertificateChecks.Policy() };
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(own.Certificates);
            chain.ChainPolicy.ExtraStore.AddRange(bySystem.ChainPolicy.ExtraStore); // the intermediates that the server sent
            if (chain.Build(leaf))
                return;
            status = status.And(CertificateStatus.Of(chain, leaf));
        }

        throw new CertificateRefusedException(status.Fault(wrongName));
    }

    /// <summary>
    /// Parsed again only when the text of the file has changed: a replaced file counts at once, and a peer with a certificate that nobody trusts
    /// does not make every handshake parse it.
    /// </summary>
    /// <returns>Null if no file is configured or it cannot be read.</returns>
    private Roots? Read()
    {
        if (file is null)
            return null;

        try
        {
            var pem = File.ReadAllText(file);
            var known = roots;
            if (known?.Pem == pem)
                return known;

            var read = new Roots([], pem);
            read.Certificates.ImportFromPem(pem);
            return roots = read;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return null;
        }
    }

    private sealed record Roots(X509Certificate2Collection Certificates, string Pem);
}
