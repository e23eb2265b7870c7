using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PeerRegistry.LocalPortals;

/// <summary>
/// The one certificate authority of Portals on this machine and all their apps. It can vouch for names below <c>.localhost</c> only, and its key
/// never leaves this process, so a browser that imports it risks nothing afterwards.
/// </summary>
internal sealed class Authority : IDisposable
{
    private readonly DateTimeOffset from = TimeProvider.System.GetUtcNow().AddHours(-1);
    private readonly X509Certificate2 root;

    public Authority(string folder)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=PeerRegistry on this machine, O=Made by ./run", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(OnlyBelow("localhost"));
        root = request.CreateSelfSigned(from, from.AddDays(7));
        File.WriteAllText(Root = Path.Combine(folder, "authority.crt"), root.ExportCertificatePem());
    }

    /// <summary>The path of its certificate.</summary>
    public string Root { get; }

    /// <summary>Writes a certificate for these names with its key, or replaces it: a registry reads it again.</summary>
    public void Certify(ECDsa key, string file, params string[] names)
    {
        var request = new CertificateRequest("CN=" + names[0], key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        Array.ForEach(names, alternatives.AddDnsName);
        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(root, true, false));
        using var leaf = request.Create(root, from, from.AddDays(6), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(file + ".new", leaf.ExportCertificatePem());
        File.Move(file + ".new", file, overwrite: true);
    }

    public void Dispose() => root.Dispose();

    /// <summary>Name constraints (RFC 5280 section 4.2.1.10), which .NET cannot write.</summary>
    private static X509Extension OnlyBelow(string domain)
    {
        var (choice0, dnsName) = (new Asn1Tag(TagClass.ContextSpecific, 0, true), new Asn1Tag(TagClass.ContextSpecific, 2));
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence(choice0))
        using (writer.PushSequence())
            writer.WriteCharacterString(UniversalTagNumber.IA5String, domain, dnsName);
        return new X509Extension(new Oid("2.5.29.30", "nameConstraints"), writer.Encode(), true);
    }
}
