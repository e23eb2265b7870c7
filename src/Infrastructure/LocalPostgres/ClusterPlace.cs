using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Infrastructure.LocalPostgres;

/// <summary>Where the own PostgreSQL of a data directory lives.</summary>
/// <param name="SocketDirectory">Short enough for a socket in it, closed to others, and ours alone.</param>
/// <param name="Elsewhere">Where we are root, who PostgreSQL refuses to be; null: the cluster is in the data directory and ours.</param>
internal sealed partial record ClusterPlace(string Directory, string SocketDirectory, ClusterPlace.OutsideData? Elsewhere)
{
    private const string SocketName = ".s.PGSQL.5432";
    private const int LongestSocketPath = 107; // bytes: sun_path of unix(7) less its NUL

    /// <param name="User">Runs the server.</param>
    /// <param name="Link">Symbolic link in the data directory; without it, the cluster there belongs to a data directory that is gone.</param>
    internal sealed record OutsideData(string User, string Link);

    public string ConnectionString => $"Host={SocketDirectory};Port=5432;Username=postgres;Database=postgres;Maximum Pool Size=40";

    /// <param name="dataDirectory">Must exist.</param>
    /// <exception cref="StartRefusedException">Its cluster was made by root and we are not, or the other way round; or for another directory.</exception>
    public static ClusterPlace Of(string dataDirectory)
    {
        var place = Of(RealPath(dataDirectory), Environment.IsPrivilegedProcess);
        var link = new DirectoryInfo(Path.Combine(dataDirectory, "postgres"));
        return (place.Elsewhere, link) switch
        {
            (null, { LinkTarget: not null }) => throw new StartRefusedException($"The database of {dataDirectory} was made by root. Start the registry as root."),
            ({ }, { Exists: true, LinkTarget: null }) => throw new StartRefusedException(
                $"The database in {link.FullName} was made by an ordinary user. Start the registry as that user, not as root."),
            ({ }, { LinkTarget: { } other }) when other != place.Directory => throw new StartRefusedException(
                $"{dataDirectory} was moved or copied; its database is {other}. If it was moved, move that to {place.Directory} and make the link {link.FullName} anew."),
            _ => place,
        };
    }

    internal static ClusterPlace Of(string realPath, bool asRoot)
    {
        var mark = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(realPath)))[..12];
        var inside = Path.Combine(realPath, "postgres");
        if (asRoot)
            return new($"/var/lib/peerregistry/{mark}", $"/run/peerregistry/{mark}", new OutsideData("postgres", inside));

        var sockets = Path.Combine(realPath, "run");
        var fits = Encoding.UTF8.GetByteCount(Path.Combine(sockets, SocketName)) <= LongestSocketPath;
        return new(inside, fits ? sockets : Path.Combine(Path.GetTempPath(), $"peerregistry-{mark}"), null);
    }

    /// <summary>Without symbolic links anywhere, so that one directory has one mark.</summary>
    private static string RealPath(string path)
    {
        var resolved = RealPath(path, 0);
        try
        {
            return Marshal.PtrToStringUTF8(resolved) ?? throw new DirectoryNotFoundException(path);
        }
        finally
        {
            Free(resolved);
        }
    }

    [LibraryImport("libc", EntryPoint = "realpath", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint RealPath(string path, nint buffer);

    [LibraryImport("libc", EntryPoint = "free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Free(nint pointer);
}
