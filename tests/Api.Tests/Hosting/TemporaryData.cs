using System.Globalization;
using PeerRegistry.Infrastructure.LocalPostgres;

namespace PeerRegistry.Api.Tests.Hosting;

/// <summary>A data directory, with what a registry makes elsewhere for it; gone afterwards.</summary>
internal sealed class TemporaryData : IDisposable
{
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("peerregistry-data-").FullName;

    public ClusterPlace Place => ClusterPlace.Of(Directory);

    /// <summary>Processes that work for this directory, whoever started them.</summary>
    public IEnumerable<int> Processes => System.IO.Directory.GetDirectories("/proc")
        .Where(p => int.TryParse(Path.GetFileName(p), CultureInfo.InvariantCulture, out _) && CommandLine(p).Split('\0').Contains(Place.Directory))
        .Select(p => int.Parse(Path.GetFileName(p), CultureInfo.InvariantCulture));

    public void Dispose()
    {
        foreach (var path in new[] { Place.Directory, Place.SocketDirectory, Directory }.Where(System.IO.Directory.Exists))
            System.IO.Directory.Delete(path, recursive: true);
    }

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
