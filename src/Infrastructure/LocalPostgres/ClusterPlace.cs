using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Infrastructure.LocalPostgres;

/// <summary>The location of the registry's own PostgreSQL cluster.</summary>
/// <param name="SocketDirectory">A directory whose path is short enough for a socket. It holds nothing else, and other users cannot read it.</param>
/// <param name="Elsewhere">
/// Set if the registry runs as root, which PostgreSQL refuses to do; the cluster is then outside the data directory. Null if it is inside and
/// belongs to the registry's user.
/// </param>
internal sealed partial record ClusterPlace(string Directory, string SocketDirectory, ClusterPlace.OutsideData? Elsewhere)
{
    private const string SocketName = ".s.PGSQL.5432";
    private const int LongestSocketPath = 107; // in bytes: sun_path of unix(7) without its NUL

    /// <param name="User">The user that runs the server.</param>
    /// <param name="Link">The symbolic link in the data directory. If it is missing, an existing cluster belongs to a data directory that was deleted.</param>
    internal sealed record OutsideData(string User, string Link);

    public string ConnectionString => $"Host={SocketDirectory};Port=5432;Username=postgres;Database=postgres;Maximum Pool Size=40";

    /// <param name="dataDirectory">An existing directory.</param>
    /// <exception cref="StartRefusedException">
    /// The cluster was created by root and the registry does not run as root, or the other way round; or it was created for another directory.
    /// </exception>
    public static ClusterPlace Of(string dataDirectory)
    {
        var place = Of(RealPath(dataDirectory), Environment.IsPrivilegedProcess);
        var link = new DirectoryInfo(Path.Combine(dataDirectory, "postgres"));
        return (place.Elsewhere, link) switch
        {
            (null, { LinkTarget: not null }) =>
                throw new StartRefusedException($"The database of {dataDirectory} was created by root. Start the registry as root."),
            ({ }, { Exists: true, LinkTarget: null }) => throw new StartRefusedException(
                $"The database in {link.FullName} was created by another user. Start the registry as that user, not as root."),
            ({ }, { LinkTarget: { } other }) when other != place.Directory => throw new StartRefusedException(
                $"{dataDirectory} was moved or copied; its database is {other}. If it was moved, move the database to {place.Directory} and create the link {link.FullName} again."),
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

    /// <summary>Resolves all symbolic links, so that each directory has only one mark.</summary>
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
