using System.Security.Cryptography.X509Certificates;
using PeerRegistry.Api.Tests.Common;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>A certificate and its key in two PEM files, as a proxy reads them; the files are deleted with it.</summary>
internal sealed class TestCertificate : IDisposable
{
    /// <param name="authority">Issues it. Null: an authority that nobody knows.</param>
    public TestCertificate(TestAuthority? authority, params string[] names)
    {
        using var own = authority is null ? new TestAuthority() : null;
        using var certificate = (authority ?? own!).Certify(names);
        System.IO.File.WriteAllText(File, certificate.ExportCertificatePem());
        System.IO.File.WriteAllText(KeyFile, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    public string File { get; } = Path.GetTempFileName();

    public string KeyFile { get; } = Path.GetTempFileName();

    public void Dispose()
    {
        System.IO.File.Delete(File);
        System.IO.File.Delete(KeyFile);
    }
}
