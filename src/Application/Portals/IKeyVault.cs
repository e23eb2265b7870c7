using Marten;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Portals;

/// <summary>A key pair that is not stored yet.</summary>
/// <param name="Sealed">The private key, encrypted with the master key.</param>
public sealed record NewKey(PublicKey Key, ReadOnlyMemory<byte> Sealed);

/// <summary>Table <c>portal_keys</c>. Private keys never leave it unencrypted.</summary>
public interface IKeyVault
{
    /// <summary>Creates a key pair. RSA keys have 4096 bits and take seconds.</summary>
    NewKey Create(KeyKind kind);

    /// <summary>Seals the key of an original.</summary>
    /// <param name="pem">PKCS#8 in PEM, not encrypted.</param>
    /// <exception cref="RefusedException"><c>import_key_invalid</c>: it is not an RSA key of at least 2048 bits with the exponent 65537.</exception>
    NewKey Seal(string pem);

    /// <summary>Stores the key of a new Portal when the session commits. A second key of a Portal is an error.</summary>
    void Store(IDocumentSession session, NewKey key);
}
