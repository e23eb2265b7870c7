using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Keys;

/// <summary>
/// The 32 bytes that seal every private key in the database. They are kept in a file that only its owner can read, the one thing to
/// back up besides the database, and in memory only in libsodium's guarded pages.
/// </summary>
internal sealed class MasterKey : IDisposable
{
    private const int Length = 32;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly Key sealing;
    private readonly SharedSecret secret;

    private MasterKey(ReadOnlySpan<byte> bytes, bool isNew)
    {
        sealing = Key.Import(AeadAlgorithm.XChaCha20Poly1305, bytes, KeyBlobFormat.RawSymmetricKey);
        secret = SharedSecret.Import(bytes, SharedSecretBlobFormat.RawSharedSecret);
        IsNew = isNew;
    }

    /// <summary>True if this process created the key, so that no earlier process can have used anything sealed with it.</summary>
    internal bool IsNew { get; }

    /// <summary>Encrypts with XChaCha20-Poly1305.</summary>
    internal Key Sealing => sealing;

    /// <summary>Derives a key for another purpose (HKDF with SHA-256, RFC 5869, without a salt).</summary>
    /// <param name="purpose">HKDF's <c>info</c>: different purposes yield unrelated keys.</param>
    /// <param name="key">Filled.</param>
    internal void Derive(ReadOnlySpan<byte> purpose, Span<byte> key) => KeyDerivationAlgorithm.HkdfSha256.DeriveBytes(secret, salt: [], purpose, key);

    /// <summary>Derives the key of an app for one purpose. It stays the same until the app is removed; a later registration has another.</summary>
    internal void Derive(string purpose, PortalId portal, App app, Span<byte> key)
    {
        var registered = app.RegisteredAt.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        Derive(Encoding.UTF8.GetBytes($"{purpose}\n{portal.Value}\n{app.Name}\n{registered}"), key);
    }

    /// <param name="path">If there is no such file, it is created with mode 0600.</param>
    /// <exception cref="InvalidDataException">The file's mode allows more than 0600, or it does not have 32 bytes.</exception>
    internal static MasterKey OpenOrCreate(string path)
    {
        var file = new FileInfo(path);
        if (file.Exists)
            return Open(path);

        Directory.CreateDirectory(file.DirectoryName!);
        return Create(path);
    }

    /// <exception cref="InvalidDataException">There is no such file, its mode allows more than 0600, or it does not have 32 bytes.</exception>
    internal static MasterKey Open(string path)
    {
        var bytes = Read(path);
        try
        {
            return new MasterKey(bytes, isNew: false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <returns>The 32 bytes of the file, for a backup.</returns>
    /// <exception cref="InvalidDataException">As with <see cref="Open"/>.</exception>
    internal static byte[] Read(string path)
    {
        if (!File.Exists(path))
            throw new InvalidDataException($"There is no master key file {path}.");
        if (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & ~OwnerOnly) != UnixFileMode.None)
            throw new InvalidDataException($"The master key {path} must not be readable by others (chmod 600).");

        var bytes = File.ReadAllBytes(path);
        return bytes.Length == Length ? bytes : throw new InvalidDataException($"The master key {path} must have {Length} bytes.");
    }

    /// <summary>Creates the file with mode 0600, whole or not at all: a truncated key would make every sealed key unreadable.</summary>
    /// <exception cref="IOException">There is such a file already.</exception>
    internal static void Write(string path, ReadOnlySpan<byte> key)
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException("There are no file modes here to keep the master key to its owner.");

        var draft = $"{path}.{Path.GetRandomFileName()}";
        using (var file = new FileStream(draft, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        {
            file.Write(key);
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, path);
    }

    public void Dispose()
    {
        sealing.Dispose();
        secret.Dispose();
    }

    private static MasterKey Create(string path)
    {
        Span<byte> key = stackalloc byte[Length];
        RandomNumberGenerator.Fill(key);
        try
        {
            Write(path, key);
            return new MasterKey(key, isNew: true);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }
}
