using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Infrastructure.LocalPostgres;

/// <summary>
/// A PostgreSQL server on a Unix socket only. It outlives a registry that is killed, and is then adopted by the next one. Whoever calls
/// holds the <see cref="DataDirectoryLock"/>.
/// </summary>
internal sealed class LocalServer(ClusterPlace place, TimeProvider clock, ILogger<LocalServer> log)
{
    private readonly ServerPrograms programs = new(place.Elsewhere?.User);

    /// <summary>Of the cluster's main process; null: it does not run.</summary>
    public int? ProcessId
    {
        get
        {
            // The file can outlive its server, and the number can be somebody else's by now: only who was started on this directory counts.
            var file = Path.Combine(place.Directory, "postmaster.pid");
            return File.Exists(file) && int.TryParse(File.ReadLines(file).FirstOrDefault(), CultureInfo.InvariantCulture, out var pid)
                && CommandLine(pid).Contains(place.Directory)
                ? pid
                : null;
        }
    }

    /// <exception cref="StartRefusedException">It could not be made or started; says why.</exception>
    public async Task Start(CancellationToken ct)
    {
        await SetAsideIfAbandoned();
        await MakeDirectories(ct);
        if (!File.Exists(Path.Combine(place.Directory, "PG_VERSION")))
            await MakeCluster(ct);
        if (ProcessId is { } running)
        {
            log.LogInformation("Adopted the PostgreSQL server {ProcessId} that an earlier run left behind.", running);
            return;
        }

        File.Delete(Path.Combine(place.Directory, "postmaster.pid"));
        await File.WriteAllTextAsync(
            Path.Combine(place.Directory, "peerregistry.conf"),
            $"""
            listen_addresses = ''
            unix_socket_directories = '{place.SocketDirectory.Replace("'", "''", StringComparison.Ordinal)}'
            unix_socket_permissions = 0700
            port = 5432
            log_min_messages = warning

            """,
            ct);
        await Launch(ct);
    }

    /// <summary>Within seven seconds, whatever it takes.</summary>
    public async Task Stop()
    {
        if (ProcessId is not { } pid)
            return;

        var control = Path.Combine(ServerPrograms.Folder(place.Directory), "pg_ctl");
        foreach (var (mode, seconds) in new[] { ("fast", "4"), ("immediate", "2") })
        {
            var (code, said) = await programs.Run(control, ["stop", "-D", place.Directory, "-m", mode, "-t", seconds, "-s"], CancellationToken.None);
            if (code == 0)
                break;
            log.LogWarning("PostgreSQL did not stop ({Mode}): {Said}", mode, said);
        }

        var waiting = Stopwatch.StartNew();
        while (CommandLine(pid).Contains(place.Directory) && waiting.Elapsed < TimeSpan.FromSeconds(1))
            await Task.Delay(TimeSpan.FromMilliseconds(20), clock);
        if (Directory.Exists(place.SocketDirectory))
            Directory.Delete(place.SocketDirectory, recursive: true);
    }

    /// <summary>Made aside and moved when whole: a start that is cut short leaves nothing that looks like a cluster.</summary>
    private async Task MakeCluster(CancellationToken ct)
    {
        var draft = place.Directory + ".new";
        if (Directory.Exists(draft))
            Directory.Delete(draft, recursive: true);
        await MakeDirectory(draft, ct);
        await programs.RunOrRefuse(
            Path.Combine(ServerPrograms.Folder(place.Directory), "initdb"),
            ["-D", draft, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions"], // the directory of the socket is the guard
            ct);
        await File.AppendAllTextAsync(Path.Combine(draft, "postgresql.conf"), "\ninclude_if_exists = 'peerregistry.conf'\n", ct);
        Directory.Delete(place.Directory, recursive: true);
        Directory.Move(draft, place.Directory);
        if (place.Elsewhere is not { } elsewhere)
            return;

        File.Delete(elsewhere.Link); // left over where the cluster itself was removed
        Directory.CreateSymbolicLink(elsewhere.Link, place.Directory);
    }

    /// <summary>Who removes a data directory wants to begin anew, and its master key is gone with it; what was recorded is kept all the same.</summary>
    private async Task SetAsideIfAbandoned()
    {
        if (place.Elsewhere is not { } elsewhere || File.Exists(elsewhere.Link) || Directory.Exists(elsewhere.Link) || !Directory.Exists(place.Directory))
            return;

        await Stop();
        var aside = $"{place.Directory}.{clock.GetUtcNow():yyyyMMddHHmmss}";
        Directory.Move(place.Directory, aside);
        log.LogWarning("The data directory is new, but had a database before. That is set aside in {Directory}.", aside);
    }

    private async Task Launch(CancellationToken ct)
    {
        var control = Path.Combine(ServerPrograms.Folder(place.Directory), "pg_ctl");
        var output = Path.Combine(place.Directory, "server.log");
        string[] start = ["start", "-D", place.Directory, "-l", output, "-w", "-t", "60", "-s"]; // in a session of its own, out of reach of Ctrl-C
        for (var attempt = 1; ; attempt++)
        {
            var (code, said) = await programs.Run(control, start, ct);
            if (code == 0)
                return;
            if (attempt == 5)
                throw new StartRefusedException($"PostgreSQL did not start: {said} Its own words are in {output}.");
            await Task.Delay(TimeSpan.FromSeconds(1), clock, ct); // processes of a server that was killed may still be leaving
        }
    }

    private async Task MakeDirectories(CancellationToken ct)
    {
        if (place.Elsewhere is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(place.Directory)!);
            Directory.CreateDirectory(Path.GetDirectoryName(place.SocketDirectory)!);
        }

        if (!Directory.Exists(place.Directory))
            await MakeDirectory(place.Directory, ct);
        await MakeDirectory(place.SocketDirectory, ct);
    }

    /// <summary>Closed to everybody but the user that runs the server. One that exists and is somebody else's is refused.</summary>
    private async Task MakeDirectory(string path, CancellationToken ct)
    {
        if (place.Elsewhere is { User: var user })
        {
            await new ServerPrograms(null).RunOrRefuse("install", ["-d", "-m", "0700", "-o", user, "-g", user, path], ct);
            return;
        }

        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        try
        {
            Directory.CreateDirectory(path, OwnerOnly);
            File.SetUnixFileMode(path, OwnerOnly);
        }
        catch (UnauthorizedAccessException)
        {
            throw new StartRefusedException($"The directory {path} belongs to somebody else.");
        }
    }

    private static string[] CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Split('\0');
        }
        catch (IOException)
        {
            return [];
        }
    }
}
