using System.Net;
using System.Net.Sockets;

namespace PeerRegistry.Demo;

/// <summary>Where the programs are, and where the demo's own files go.</summary>
internal static class Places
{
    private static readonly string Configuration = Path.GetFileName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory))!);

    private static string Root => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../.."));

    public static string AppDescription => Path.Combine(Root, "samples/Postcards/app_meta.json");

    public static string[] Program(string folder, string name) =>
        ["dotnet", Path.Combine(Root, folder, "bin", Configuration, $"net10.0/PeerRegistry.{name}.dll")];

    /// <summary>The port wished for, or any other if that is taken.</summary>
    public static int FreePort(int wished)
    {
        foreach (var port in new[] { wished, 0 })
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // taken: try the next
            }
        }

        throw new InvalidOperationException("No port is free.");
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
