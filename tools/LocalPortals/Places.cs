using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace PeerRegistry.LocalPortals;

/// <summary>Where the programs are, and where files of this run go.</summary>
internal static class Places
{
    private static readonly string Configuration = Path.GetFileName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory))!);

    /// <summary>The root of the repository.</summary>
    public static string Root => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../.."));

    public static string[] Program(string folder, string name) =>
        ["dotnet", Path.Combine(Root, folder, "bin", Configuration, $"net10.0/PeerRegistry.{name}.dll")];

    /// <summary>
    /// The port wished for, or another if that is taken. The system gives no program a port of this range by chance (Linux begins at 32768), so that it is
    /// still free when its program takes it.
    /// </summary>
    public static int FreePort(int? wished = null)
    {
        for (var port = wished ?? Any(); ; port = Any())
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // taken: try another
            }
        }

        static int Any() => RandomNumberGenerator.GetInt32(20_000, 32_000);
    }

    /// <summary>With a database that the registry, started by root, keeps elsewhere and links to.</summary>
    public static void Remove(string directory)
    {
        foreach (var link in Directory.EnumerateFileSystemEntries(directory, "postgres", SearchOption.AllDirectories).ToList())
        {
            if (new DirectoryInfo(link).ResolveLinkTarget(returnFinalTarget: true) is { Exists: true } cluster)
                Directory.Delete(cluster.FullName, recursive: true);
        }

        Directory.Delete(directory, recursive: true);
    }
}
