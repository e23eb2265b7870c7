using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Marten;
using Npgsql;
using NSec.Cryptography;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Keys;

/// <summary>
/// The private keys in table <c>portal_keys</c>. Each is stored as a 24-byte nonce, then PKCS#8 encrypted with XChaCha20-Poly1305 under
/// the master key, then a 16-byte tag. The Portal's ID is authenticated with it, so that a row copied to another Portal does not open.
/// A key is read when it is first used, and kept in memory.
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
            return new NewKey(key.Public, Seal(key.Public.Id, pkcs8));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    public NewKey Seal(string pem)
    {
        byte[] pkcs8 = [];
        try
        {
            using var rsa = RSA.Create();
            rsa.ImportFromPem(pem);
            pkcs8 = rsa.ExportPkcs8PrivateKey();
            using var key = PrivateKey.Of(pkcs8);
            return new NewKey(key.Public, Seal(key.Public.Id, pkcs8));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or RefusedException)
        {
            throw new RefusedException(RefusalKind.Invalid, "import_key_invalid",
                "The private key of an identity is not an RSA key in PKCS#8 of at least 2048 bits.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    public void Store(IDocumentSession session, NewKey key) => session.Queue(
        "insert into registry.portal_keys (portal_id, sealed) values ($1, $2)", session.Portal(), Sql.Bytes(key.Sealed.ToArray()));

    /// <summary>Blocks on the database the first time a Portal signs.</summary>
    /// <exception cref="CryptographicException">The key was sealed with another master key, or its row was changed.</exception>
    /// <exception cref="InvalidOperationException">There is no such Portal.</exception>
    internal PrivateKey KeyOf(PortalId portal) => open.TryGetValue(portal, out var key) ? key : Load(portal);

    internal byte[] Seal(PortalId portal, ReadOnlySpan<byte> pkcs8)
    {
        var box = new byte[NonceLength + pkcs8.Length + TagLength];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceLength));
        AeadAlgorithm.XChaCha20Poly1305.Encrypt(master.Sealing, box.AsSpan(0, NonceLength), Associated(portal), pkcs8, box.AsSpan(NonceLength));
        return box;
    }

    internal PrivateKey Unseal(PortalId portal, ReadOnlySpan<byte> box)
    {
        var pkcs8 = new byte[Math.Max(0, box.Length - NonceLength - TagLength)];
        try
        {
            if (box.Length < NonceLength + TagLength
                || !AeadAlgorithm.XChaCha20Poly1305.Decrypt(master.Sealing, box[..NonceLength], Associated(portal), box[NonceLength..], pkcs8))
                throw new CryptographicException($"The private key of {portal.Short} cannot be decrypted: the master key is another one, or the row was changed.");

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

    private static byte[] Associated(PortalId portal) => Encoding.ASCII.GetBytes(portal.Value);

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
