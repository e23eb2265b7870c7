using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Keys;

/// <summary>Verification with a public key. An RSA key is parsed once for as long as anybody holds its <see cref="PublicKey"/>.</summary>
internal static class SignatureKeys
{
    private static readonly ConditionalWeakTable<PublicKey, RSA> Parsed = [];

    /// <summary>As registered for HTTP signatures (RFC 9421 section 6.2.2); follows from the key, never from a message.</summary>
    internal static string Algorithm(PublicKey key) => key.Kind == KeyKind.Ed25519 ? "ed25519" : "rsa-pss-sha512";

    internal static bool Verify(PublicKey key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) => key.Kind == KeyKind.Ed25519
        ? Sodium.Verify(message, signature, key.Ed25519Bytes)
        : VerifyRsa(Parsed.GetValue(key, Parse), message, signature);

    /// <summary>PSS, SHA-512, a salt of exactly 64 bytes; shared between threads, as OpenSSL only reads the key.</summary>
    private static bool VerifyRsa(RSA rsa, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        rsa.VerifyData(message, signature, HashAlgorithmName.SHA512, RSASignaturePadding.Pss);

    private static RSA Parse(PublicKey key)
    {
        var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        return rsa;
    }
}
