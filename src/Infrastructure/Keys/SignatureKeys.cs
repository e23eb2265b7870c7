using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using NSec.Cryptography;
using PeerRegistry.Domain.Portals;
using Ed25519PublicKey = NSec.Cryptography.PublicKey;
using PublicKey = PeerRegistry.Domain.Portals.PublicKey;

namespace PeerRegistry.Infrastructure.Keys;

/// <summary>Verifies signatures. A library's key object is created once, and kept as long as its <see cref="PublicKey"/> is referenced.</summary>
internal static class SignatureKeys
{
    private static readonly ConditionalWeakTable<PublicKey, Ed25519PublicKey> Ed25519Keys = [];
    private static readonly ConditionalWeakTable<PublicKey, RSA> RsaKeys = [];

    /// <summary>The name registered for HTTP signatures (RFC 9421 section 6.2.2). It follows from the key, never from a message.</summary>
    internal static string Algorithm(PublicKey key) => key.Kind == KeyKind.Ed25519 ? "ed25519" : "rsa-pss-sha512";

    /// <summary>
    /// Verifies Ed25519 as libsodium does: a public key of small order or a signature whose S is not reduced is refused, so that a signature
    /// has only one encoding. RSA is PSS with SHA-512 and a salt of exactly 64 bytes; all threads share one key object, because OpenSSL
    /// only reads it.
    /// </summary>
    internal static bool Verify(PublicKey key, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) => key.Kind == KeyKind.Ed25519
        ? SignatureAlgorithm.Ed25519.Verify(Ed25519Keys.GetValue(key, ImportEd25519), message, signature)
        : RsaKeys.GetValue(key, ImportRsa).VerifyData(message, signature, HashAlgorithmName.SHA512, RSASignaturePadding.Pss);

    private static Ed25519PublicKey ImportEd25519(PublicKey key) =>
        Ed25519PublicKey.Import(SignatureAlgorithm.Ed25519, key.Ed25519Bytes, KeyBlobFormat.RawPublicKey);

    private static RSA ImportRsa(PublicKey key)
    {
        var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(key.SubjectPublicKeyInfo.Span, out _);
        return rsa;
    }
}
