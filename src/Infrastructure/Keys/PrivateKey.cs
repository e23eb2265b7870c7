using System.Security.Cryptography;
using NSec.Cryptography;
using PublicKey = PeerRegistry.Domain.Portals.PublicKey;

namespace PeerRegistry.Infrastructure.Keys;

/// <summary>A Portal's own key, ready to sign. Stored and passed between methods it is PKCS#8 DER (RFC 5958, RFC 8410).</summary>
internal abstract class PrivateKey : IDisposable
{
    internal abstract PublicKey Public { get; }

    /// <value>In bytes: 64 with Ed25519, the length of the modulus with RSA.</value>
    internal abstract int SignatureLength { get; }

    /// <param name="signature">Filled; <see cref="SignatureLength"/> bytes.</param>
    internal abstract void Sign(ReadOnlySpan<byte> message, Span<byte> signature);

    /// <exception cref="CryptographicException">The key is neither Ed25519 nor RSA.</exception>
    internal static PrivateKey Of(ReadOnlySpan<byte> pkcs8) =>
        Key.TryImport(SignatureAlgorithm.Ed25519, pkcs8, KeyBlobFormat.PkixPrivateKey, out var key) ? new Ed25519PrivateKey(key!) : new RsaPrivateKey(pkcs8);

    public abstract void Dispose();
}

/// <summary>Ed25519 (RFC 8032). The secret stays in libsodium's guarded memory.</summary>
internal sealed class Ed25519PrivateKey : PrivateKey
{
    private readonly Key key;

    internal Ed25519PrivateKey(Key key)
    {
        this.key = key;
        Public = PublicKey.Ed25519(key.PublicKey.Export(KeyBlobFormat.RawPublicKey));
    }

    internal override PublicKey Public { get; }

    internal override int SignatureLength => SignatureAlgorithm.Ed25519.SignatureSize;

    /// <returns>A new key as PKCS#8; the caller zeroes it.</returns>
    internal static byte[] Create()
    {
        using var key = Key.Create(SignatureAlgorithm.Ed25519, new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport });
        return key.Export(KeyBlobFormat.PkixPrivateKey);
    }

    internal override void Sign(ReadOnlySpan<byte> message, Span<byte> signature) => SignatureAlgorithm.Ed25519.Sign(key, message, signature);

    public override void Dispose() => key.Dispose();
}

/// <summary>RSASSA-PSS with SHA-512 and a salt of 64 bytes (RFC 9421 section 3.3.1).</summary>
internal sealed class RsaPrivateKey : PrivateKey
{
    private readonly RSA rsa = RSA.Create();

    internal RsaPrivateKey(ReadOnlySpan<byte> pkcs8)
    {
        rsa.ImportPkcs8PrivateKey(pkcs8, out _);
        Public = PublicKey.Parse(rsa.ExportSubjectPublicKeyInfoPem() + "\n");
    }

    internal override PublicKey Public { get; }

    internal override int SignatureLength => rsa.KeySize / 8;

    /// <returns>A new key of 4096 bits as PKCS#8; the caller zeroes it.</returns>
    internal static byte[] Create()
    {
        using var rsa = RSA.Create(4096);
        return rsa.ExportPkcs8PrivateKey();
    }

    internal override void Sign(ReadOnlySpan<byte> message, Span<byte> signature)
    {
        if (!rsa.TrySignData(message, signature, HashAlgorithmName.SHA512, RSASignaturePadding.Pss, out var written) || written != signature.Length)
            throw new CryptographicException("The signature does not fit its buffer.");
    }

    public override void Dispose() => rsa.Dispose();
}
