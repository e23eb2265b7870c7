using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Npgsql;

namespace PeerRegistry.Tests;

/// <summary>
/// A PostgreSQL server for one run: a new cluster in a temporary directory, on a Unix socket only, gone afterwards. Runs as user
/// postgres where we run as root.
/// </summary>
public partial class ThrowawayPostgres : IAsyncDisposable
{
    private static readonly string? Binaries = FindBinaries();

    private readonly string directory = Path.Combine(Path.GetTempPath(), "peerregistry-pg-" + Path.GetRandomFileName());
    private int databases;

    private string Cluster => Path.Combine(directory, "cluster");

    /// <summary>Every safety setting on, for tests that kill the server; the others do without fsync.</summary>
    public bool Durable { get; init; }

    private static bool IsRoot => geteuid() == 0;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(directory);
        if (IsRoot)
            await Run("chown", "postgres", directory);
        await AsOwner("initdb", "-D", Cluster, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C");
        await Start();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => KillNow();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        NpgsqlConnection.ClearAllPools();
        if (File.Exists(Path.Combine(Cluster, "postmaster.pid"))) // a test may have stopped it
            await AsOwner("pg_ctl", "-D", Cluster, "-m", "immediate", "-w", "stop");
        Directory.Delete(directory, recursive: true);
    }

    /// <param name="database">A connection string; nobody may be connected to it.</param>
    /// <returns>The connection string of a copy.</returns>
    public Task<string> CopyDatabase(string database) => CreateDatabase(new NpgsqlConnectionStringBuilder(database).Database!);

    /// <returns>The connection string of a new, empty database.</returns>
    public Task<string> CreateDatabase() => CreateDatabase("template1");

    private async Task<string> CreateDatabase(string template)
    {
        var name = $"t{Interlocked.Increment(ref databases).ToString(CultureInfo.InvariantCulture)}";
        await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync();
        await using var create = new NpgsqlCommand($"create database {name} template {template}", connection);
        await create.ExecuteNonQueryAsync();
        return ConnectionString(name);
    }

    public async Task Start()
    {
        // After a kill the old server's children may hold its shared memory for a moment longer.
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await AsOwner(
                    "pg_ctl", "-D", Cluster, "-w", "-l", Path.Combine(directory, "server.log"),
                    "-o", $"-c listen_addresses= -c unix_socket_directories={directory} -c max_connections=300 -c max_prepared_transactions=10 -c recovery_init_sync_method=syncfs -c fsync={(Durable ? "on" : "off")}", "start");
                return;
            }
            catch (InvalidOperationException) when (attempt < 50)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }
        }
    }

    /// <summary>Ends every connection and waits until the server is down; <see cref="Start"/> starts it again.</summary>
    public Task Stop() => AsOwner("pg_ctl", "-D", Cluster, "-m", "fast", "-w", "stop");

    /// <summary>SIGKILL to the postmaster; its children find out by themselves and follow.</summary>
    public void KillNow()
    {
        var file = Path.Combine(Cluster, "postmaster.pid");
        if (!File.Exists(file))
            return;

        using var postmaster = Process.GetProcessById(int.Parse(File.ReadLines(file).First(), CultureInfo.InvariantCulture));
        postmaster.Kill();
        postmaster.WaitForExit();
    }

    /// <summary>The folder of the server's Unix socket, which is named after the default port.</summary>
    public string SocketDirectory => directory;

    private string ConnectionString(string database) =>
        $"Host={directory};Username=postgres;Database={database};Maximum Pool Size=40;Timeout=30;Include Error Detail=true";

    private Task AsOwner(string program, params string[] arguments) =>
        Binaries is null ? throw new InvalidOperationException("No PostgreSQL server is installed.")
        : IsRoot ? Run("runuser", ["-u", "postgres", "--", Path.Combine(Binaries, program), .. arguments])
        : Run(Path.Combine(Binaries, program), arguments);

    private async Task Run(string program, params string[] arguments)
    {
        // Not redirected through pipes: the server would inherit them and keep them open.
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = directory };
        var log = Path.Combine(directory, "commands.log");
        foreach (var argument in (string[])["-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null", "sh", log, program, .. arguments])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}: {await File.ReadAllTextAsync(log)}");
    }

    private static string? FindBinaries() =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin"))
                .Where(bin => File.Exists(Path.Combine(bin, "initdb"))).Order(StringComparer.Ordinal).LastOrDefault()
            : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').FirstOrDefault(bin => File.Exists(Path.Combine(bin, "initdb")));

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial uint geteuid();
}
