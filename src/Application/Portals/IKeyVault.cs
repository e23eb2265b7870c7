using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Portals;

/// <summary>Row of table <c>portal_keys</c>: a private key, sealed. Written with <c>portal_created</c> or not at all.</summary>
public sealed record StoreSealedKey(ReadOnlyMemory<byte> Sealed) : IAlongside;

/// <param name="Row">To be written in the transaction that creates the Portal.</param>
public sealed record NewKey(PublicKey Key, StoreSealedKey Row);

/// <summary>Private keys never leave it.</summary>
public interface IKeyVault
{
    /// <summary>Makes a key pair; RSA keys have 4096 bits and take seconds.</summary>
    NewKey Create(KeyKind kind);
}
