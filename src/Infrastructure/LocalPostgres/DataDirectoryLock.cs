namespace PeerRegistry.Infrastructure.LocalPostgres;

/// <summary>One registry per data directory. The kernel lets go of it when the process ends, however it ends.</summary>
internal static class DataDirectoryLock
{
    /// <returns>Null: another process has it.</returns>
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
