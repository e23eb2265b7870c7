using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PeerRegistry.Api.Tests.Common;

/// <summary>A certificate authority for one test: its own certificate as a PEM file, and certificates for any names.</summary>
internal sealed class TestAuthority : IDisposable
{
    private static readonly DateTimeOffset From = TimeProvider.System.GetUtcNow().AddDays(-1);

    private readonly X509Certificate2 root;

    /// <param name="parent">Null: a root; else an intermediate authority below it.</param>
    public TestAuthority(TestAuthority? parent = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(parent is null ? "CN=Test Authority" : "CN=Test Intermediate", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        if (parent is null)
        {
            root = request.CreateSelfSigned(From, From.AddDays(10));
        }
        else
        {
            using var bare = request.Create(parent.root, From, From.AddDays(9), RandomNumberGenerator.GetBytes(8));
            root = bare.CopyWithPrivateKey(key);
        }

        File.WriteAllText(RootFile, root.ExportCertificatePem());
    }

    public string RootFile { get; } = Path.GetTempFileName();

    /// <summary>A certificate that no authority issued.</summary>
    public static X509Certificate2 SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        alternatives.AddDnsName(name);
        request.CertificateExtensions.Add(alternatives.Build());
        using var whole = request.CreateSelfSigned(From, From.AddDays(9));
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }

    public X509Certificate2 Certify(params string[] names) => Certify(names, From, From.AddDays(8));

    /// <param name="further">Extensions beside the names and the purpose.</param>
    public X509Certificate2 Certify(IReadOnlyList<string> names, DateTimeOffset from, DateTimeOffset to, params X509Extension[] further)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + names[0], key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
                alternatives.AddIpAddress(address);
            else
                alternatives.AddDnsName(name);
        }

        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        Array.ForEach(further, request.CertificateExtensions.Add);
        using var bare = request.Create(root, from, to, RandomNumberGenerator.GetBytes(8));
        using var whole = bare.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }

    public void Dispose()
    {
        root.Dispose();
        File.Delete(RootFile);
    }
}
