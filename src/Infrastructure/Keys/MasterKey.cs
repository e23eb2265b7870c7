using System.Security.Cryptography;

namespace PeerRegistry.Infrastructure.Keys;

/// <summary>
/// The 32 bytes that seal every private key in the database, in a file that only its owner can read: the one thing to back up
/// beside the database.
/// </summary>
internal sealed class MasterKey : IDisposable
{
    private const int Length = 32;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly Sodium.SecretBytes secret = new(Length);

    private MasterKey(ReadOnlySpan<byte> key, bool isNew)
    {
        key.CopyTo(secret.Bytes);
        IsNew = isNew;
    }

    /// <summary>Made by this process, so no earlier process can have used anything that it seals.</summary>
    internal bool IsNew { get; }

    internal ReadOnlySpan<byte> Bytes => secret.Bytes;

    /// <param name="path">Absent: made, with mode 0600.</param>
    /// <exception cref="InvalidDataException">More open than 0600, or of another size.</exception>
    internal static MasterKey OpenOrCreate(string path)
    {
        var file = new FileInfo(path);
        if (file.Exists)
            return Open(path);

        Directory.CreateDirectory(file.DirectoryName!);
        return Create(path);
    }

    /// <exception cref="InvalidDataException">Absent, more open than 0600, or of another size.</exception>
    internal static MasterKey Open(string path)
    {
        if (!File.Exists(path))
            throw new InvalidDataException($"The master key {path} is not there.");
        if (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & ~OwnerOnly) != 0)
            throw new InvalidDataException($"The master key {path} must not be readable by others (chmod 600).");

        var bytes = File.ReadAllBytes(path);
        try
        {
            return bytes.Length == Length ? new MasterKey(bytes, isNew: false) : throw new InvalidDataException($"The master key {path} must have {Length} bytes.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    public void Dispose() => secret.Dispose();

    private static MasterKey Create(string path)
    {
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException("There are no file modes here to keep the master key to its owner.");

        Span<byte> key = stackalloc byte[Length];
        RandomNumberGenerator.Fill(key);
        var draft = $"{path}.{Path.GetRandomFileName()}";
        try
        {
            using (var file = new FileStream(draft, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
            {
                file.Write(key);
                file.Flush(flushToDisk: true);
            }

            File.Move(draft, path); // whole or not at all: half a key would lock the Portal out of itself
            return new MasterKey(key, isNew: true);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }
}
