using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Keys;

/// <summary>
/// Private keys at rest in table <c>portal_keys</c>: a nonce of 24 bytes, then PKCS#8 sealed with XChaCha20-Poly1305 under the master
/// key and bound to the Portal's ID, so that no row opens in another's place. In use they are read once and kept.
/// </summary>
internal sealed class KeyVault(NpgsqlDataSource database, MasterKey master) : IKeyVault, IDisposable
{
    private const int NonceLength = 24;
    private const int TagLength = 16;

    private readonly ConcurrentDictionary<PortalId, PrivateKey> open = [];

    public NewKey Create(KeyKind kind)
    {
        var pkcs8 = kind == KeyKind.Ed25519 ? Ed25519PrivateKey.Create() : RsaPrivateKey.Create();
        try
        {
            using var key = PrivateKey.Of(pkcs8);
            return new NewKey(key.Public, new StoreSealedKey(Seal(key.Public.Id, pkcs8)));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    /// <summary>Blocks on the database the first time a Portal signs.</summary>
    /// <exception cref="CryptographicException">Sealed with another master key, or changed.</exception>
    /// <exception cref="InvalidOperationException">No such Portal.</exception>
    internal PrivateKey KeyOf(PortalId portal) => open.TryGetValue(portal, out var key) ? key : Load(portal);

    internal byte[] Seal(PortalId portal, ReadOnlySpan<byte> pkcs8)
    {
        var box = new byte[NonceLength + pkcs8.Length + TagLength];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceLength));
        Sodium.Seal(pkcs8, Encoding.ASCII.GetBytes(portal.Value), box.AsSpan(0, NonceLength), master.Bytes, box.AsSpan(NonceLength));
        return box;
    }

    internal PrivateKey Unseal(PortalId portal, ReadOnlySpan<byte> box)
    {
        var pkcs8 = new byte[Math.Max(0, box.Length - NonceLength - TagLength)];
        try
        {
            if (box.Length < NonceLength + TagLength
                || !Sodium.Open(box[NonceLength..], Encoding.ASCII.GetBytes(portal.Value), box[..NonceLength], master.Bytes, pkcs8))
                throw new CryptographicException($"The private key of {portal.Short} does not open: another master key, or a changed row.");

            return PrivateKey.Of(pkcs8);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    public void Dispose()
    {
        foreach (var key in open.Values)
            key.Dispose();
    }

    private PrivateKey Load(PortalId portal)
    {
        using var command = database.CreateCommand("select sealed from registry.portal_keys where portal_id = $1");
        command.Parameters.AddWithValue(portal.Value);
        var box = command.ExecuteScalar() as byte[] ?? throw new InvalidOperationException($"There is no private key of {portal.Short}.");

        var key = Unseal(portal, box);
        var kept = open.GetOrAdd(portal, key);
        if (!ReferenceEquals(kept, key))
            key.Dispose();

        return kept;
    }
}
