using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Infrastructure.LocalPostgres;

/// <summary>
/// A PostgreSQL server that listens on a Unix socket only. It outlives a registry that is killed, and the next registry adopts it. The caller
/// must hold the <see cref="DataDirectoryLock"/>.
/// </summary>
internal sealed class LocalServer(ClusterPlace place, TimeProvider clock, ILogger<LocalServer> log)
{
    private readonly ServerPrograms programs = new(place.Elsewhere?.User);

    /// <summary>The id of the cluster's main process, or null if it is not running.</summary>
    public int? ProcessId
    {
        get
        {
            // The file can outlive its server, and another process can have the id by now, so the process must have been started on this directory.
            var file = Path.Combine(place.Directory, "postmaster.pid");
            return File.Exists(file) && int.TryParse(File.ReadLines(file).FirstOrDefault(), CultureInfo.InvariantCulture, out var pid)
                && CommandLine(pid).Contains(place.Directory)
                ? pid
                : null;
        }
    }

    /// <exception cref="StartRefusedException">The cluster could not be created or started. The message says why.</exception>
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

    /// <summary>Stops the server within seven seconds, by force if necessary.</summary>
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

    /// <summary>Creates the cluster in a draft directory and then moves it, so that an interrupted start leaves no incomplete cluster.</summary>
    private async Task MakeCluster(CancellationToken ct)
    {
        var draft = place.Directory + ".new";
        if (Directory.Exists(draft))
            Directory.Delete(draft, recursive: true);
        await MakeDirectory(draft, ct);
        await programs.RunOrRefuse(
            Path.Combine(ServerPrograms.Folder(place.Directory), "initdb"),
            // access is controlled by the permissions of the socket's directory
            ["-D", draft, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions"],
            ct);
        await File.AppendAllTextAsync(Path.Combine(draft, "postgresql.conf"), "\ninclude_if_exists = 'peerregistry.conf'\n", ct);
        Directory.Delete(place.Directory, recursive: true);
        Directory.Move(draft, place.Directory);
        if (place.Elsewhere is not { } elsewhere)
            return;

        File.Delete(elsewhere.Link); // it is left over if the cluster itself was removed
        Directory.CreateSymbolicLink(elsewhere.Link, place.Directory);
    }

    /// <summary>
    /// Renames the cluster of a data directory that was deleted. Its master key was deleted with it, so the new data directory needs a new
    /// database, but the old one is kept.
    /// </summary>
    private async Task SetAsideIfAbandoned()
    {
        if (place.Elsewhere is not { } elsewhere || File.Exists(elsewhere.Link) || Directory.Exists(elsewhere.Link) || !Directory.Exists(place.Directory))
            return;

        await Stop();
        var aside = $"{place.Directory}.{clock.GetUtcNow():yyyyMMddHHmmss}";
        Directory.Move(place.Directory, aside);
        log.LogWarning("The data directory is new, but there is a database of an earlier one. It was moved to {Directory}.", aside);
    }

    private async Task Launch(CancellationToken ct)
    {
        var control = Path.Combine(ServerPrograms.Folder(place.Directory), "pg_ctl");
        var output = Path.Combine(place.Directory, "server.log");
        string[] start = ["start", "-D", place.Directory, "-l", output, "-w", "-t", "60", "-s"]; // it runs in its own session, so Ctrl-C does not reach it
        for (var attempt = 1; ; attempt++)
        {
            var (code, said) = await programs.Run(control, start, ct);
            if (code == 0)
                return;
            if (attempt == 5)
                throw new StartRefusedException($"PostgreSQL did not start: {said} Its log is in {output}.");
            await Task.Delay(TimeSpan.FromSeconds(1), clock, ct); // processes of a killed server may still be ending
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

    /// <summary>Creates a directory that only the server's user can access. An existing one of another user is refused.</summary>
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
            throw new StartRefusedException($"The directory {path} belongs to another user.");
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
