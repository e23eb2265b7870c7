using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PeerRegistry.Application.Peers;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>Describes the fault of a refused certificate chain, so that the peer's owner can correct it. It has no part in the decision.</summary>
internal readonly record struct CertificateStatus(bool Expired, bool NotYetValid, bool Untrusted, bool Incomplete)
{
    private const X509ChainStatusFlags NoTrust =
        X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid | X509ChainStatusFlags.ExplicitDistrust;

    /// <param name="chain">As built, with an error.</param>
    public static CertificateStatus Of(X509Chain chain, X509Certificate2 leaf)
    {
        var flags = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status);
        var now = TimeProvider.System.GetLocalNow().DateTime; // the clock that the chain was judged by
        var mistimed = flags.HasFlag(X509ChainStatusFlags.NotTimeValid);
        return new CertificateStatus(
            Expired: mistimed && chain.ChainElements.Any(element => element.Certificate.NotAfter < now),
            NotYetValid: mistimed && chain.ChainElements.Any(element => element.Certificate.NotBefore > now),
            Untrusted: (flags & NoTrust) != X509ChainStatusFlags.NoError,
            Incomplete: flags.HasFlag(X509ChainStatusFlags.PartialChain) && chain.ChainElements.Count <= 1 && NamesItsIssuersCertificate(leaf));
    }

    /// <summary>What is wrong by both of two sets of roots.</summary>
    public CertificateStatus And(CertificateStatus other) => new(
        Expired && other.Expired, NotYetValid && other.NotYetValid, Untrusted && other.Untrusted, Incomplete && other.Incomplete);

    /// <returns>The most telling fault.</returns>
    public PeerFault Fault(bool wrongName) => this switch
    {
        { Expired: true } => PeerFault.CertificateExpired,
        { NotYetValid: true } => PeerFault.CertificateNotYetValid,
        _ when wrongName => PeerFault.CertificateNameWrong,
        { Incomplete: true } => PeerFault.CertificateChainIncomplete,
        { Untrusted: true } => PeerFault.CertificateAuthorityUnknown,
        _ => PeerFault.CertificateInvalid,
    };

    /// <summary>
    /// Whether a certificate says where its issuer's is to be had (RFC 5280 section 4.2.2.1), as those of public authorities do. Its
    /// issuer is then an intermediate, which the server has to send along.
    /// </summary>
    private static bool NamesItsIssuersCertificate(X509Certificate2 leaf)
    {
        try
        {
            return leaf.Extensions.OfType<X509AuthorityInformationAccessExtension>().Any(access => access.EnumerateCAIssuersUris().Any());
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}

/// <summary>A peer's certificate was not accepted.</summary>
internal sealed class CertificateRefusedException(PeerFault fault) : AuthenticationException(fault.Message)
{
    public PeerFault Fault => fault;
}
