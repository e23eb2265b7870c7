using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using PeerRegistry.Application.Kernel;

namespace PeerRegistry.Infrastructure.LocalPostgres;

/// <summary>Where the own PostgreSQL of a data directory lives.</summary>
/// <param name="SocketDirectory">Short enough for a socket in it, closed to others, and ours alone.</param>
/// <param name="User">Who runs the server where we are root, since it refuses to be; null: we do.</param>
internal sealed partial record ClusterPlace(string Directory, string SocketDirectory, string? User)
{
    private const string SocketName = ".s.PGSQL.5432";
    private const int LongestSocketPath = 107; // bytes: sun_path of unix(7) less its NUL
    private const string RootDirectory = "/var/lib/peerregistry";

    public string ConnectionString => $"Host={SocketDirectory};Port=5432;Username=postgres;Database=postgres;Maximum Pool Size=40";

    /// <param name="dataDirectory">Must exist.</param>
    /// <exception cref="StartRefusedException">Its cluster belongs to an ordinary user, and we are root.</exception>
    public static ClusterPlace Of(string dataDirectory)
    {
        var place = Of(RealPath(dataDirectory), Environment.IsPrivilegedProcess);
        var owned = Path.Combine(dataDirectory, "postgres");
        return place.User is null || !System.IO.Directory.Exists(owned)
            ? place
            : throw new StartRefusedException($"The database in {owned} was made by an ordinary user. Start the registry as that user, not as root.");
    }

    internal static ClusterPlace Of(string realPath, bool asRoot)
    {
        var mark = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(realPath)))[..12];
        if (asRoot)
            return new($"{RootDirectory}/{mark}", $"/run/peerregistry/{mark}", "postgres");

        var sockets = Path.Combine(realPath, "run");
        var fits = Encoding.UTF8.GetByteCount(Path.Combine(sockets, SocketName)) <= LongestSocketPath;
        return new(Path.Combine(realPath, "postgres"), fits ? sockets : Path.Combine(Path.GetTempPath(), $"peerregistry-{mark}"), null);
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
