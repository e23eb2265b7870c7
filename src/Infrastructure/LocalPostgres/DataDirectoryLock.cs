namespace PeerRegistry.Infrastructure.LocalPostgres;

/// <summary>Allows one registry per data directory. The kernel releases the lock when the process ends for any reason.</summary>
internal static class DataDirectoryLock
{
    /// <returns>The lock, or null if another process holds it.</returns>
    public static FileStream? TryTake(string directory)
    {
        Directory.CreateDirectory(directory);
        try
        {
            return new FileStream(Path.Combine(directory, "registry.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.GetType() == typeof(IOException))
        {
            return null;
        }
    }
}
