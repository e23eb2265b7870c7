using System.Security.Cryptography;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Keys;

/// <summary>A Portal's own key in use. At rest and in transit between methods it is PKCS#8 DER (RFC 5958, RFC 8410).</summary>
internal abstract class PrivateKey : IDisposable
{
    internal abstract PublicKey Public { get; }

    /// <returns>64 bytes with Ed25519, the length of the modulus with RSA.</returns>
    internal abstract int SignatureLength { get; }

    /// <param name="signature"><see cref="SignatureLength"/> bytes, written.</param>
    internal abstract void Sign(ReadOnlySpan<byte> message, Span<byte> signature);

    /// <exception cref="CryptographicException">Neither Ed25519 nor RSA.</exception>
    internal static PrivateKey Of(ReadOnlySpan<byte> pkcs8) =>
        Ed25519PrivateKey.IsOne(pkcs8) ? new Ed25519PrivateKey(pkcs8) : new RsaPrivateKey(pkcs8);

    public abstract void Dispose();
}

/// <summary>RFC 8032; the secret lives in guarded memory.</summary>
internal sealed class Ed25519PrivateKey : PrivateKey
{
    private const int SeedLength = 32;
    private static readonly byte[] Header = Convert.FromHexString("302e020100300506032b657004220420");

    private readonly Sodium.SecretBytes secret = new(64);

    internal Ed25519PrivateKey(ReadOnlySpan<byte> pkcs8)
    {
        Span<byte> publicKey = stackalloc byte[32];
        Sodium.KeyPairOfSeed(pkcs8[Header.Length..], publicKey, secret.Bytes);
        Public = PublicKey.Ed25519(publicKey);
    }

    internal override PublicKey Public { get; }

    internal override int SignatureLength => 64;

    internal static bool IsOne(ReadOnlySpan<byte> pkcs8) => pkcs8.Length == Header.Length + SeedLength && pkcs8.StartsWith(Header);

    /// <returns>PKCS#8 of a new key; the caller zeroes it.</returns>
    internal static byte[] Create()
    {
        var pkcs8 = new byte[Header.Length + SeedLength];
        Header.CopyTo(pkcs8, 0);
        RandomNumberGenerator.Fill(pkcs8.AsSpan(Header.Length));
        return pkcs8;
    }

    internal override void Sign(ReadOnlySpan<byte> message, Span<byte> signature)
    {
        var held = false;
        try
        {
            secret.DangerousAddRef(ref held); // or another thread's Dispose could free it under us
            Sodium.Sign(message, secret.Bytes, signature);
        }
        finally
        {
            if (held)
                secret.DangerousRelease();
        }
    }

    public override void Dispose() => secret.Dispose();
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

    /// <returns>PKCS#8 of a new key of 4096 bits; the caller zeroes it.</returns>
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
