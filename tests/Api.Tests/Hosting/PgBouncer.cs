using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Npgsql;
using PeerRegistry.Api.Tests.ForwardAuth;

namespace PeerRegistry.Api.Tests.Hosting;

/// <summary>A real PgBouncer in front of a test's database; gone when disposed.</summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    private readonly Process process;
    private readonly string directory;

    private PgBouncer(Process process, string directory, string connectionString) =>
        (this.process, this.directory, ConnectionString) = (process, directory, connectionString);

    /// <summary>Leads through the pooler.</summary>
    public string ConnectionString { get; }

    /// <param name="mode"><c>session</c>, <c>transaction</c> or <c>statement</c>.</param>
    /// <param name="server">The folder of PostgreSQL's socket.</param>
    public static async Task<PgBouncer> Start(string mode, string server, string database)
    {
        var directory = Directory.CreateTempSubdirectory("pgbouncer-").FullName;
        File.SetUnixFileMode(directory, (UnixFileMode)0b111_101_101);
        var port = ProxyProcess.FreePort();
        var file = Path.Combine(directory, "pgbouncer.ini");
        await File.WriteAllTextAsync(file, $"""
            [databases]
            * = host={server} user=postgres
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port.ToString(CultureInfo.InvariantCulture)}
            unix_socket_dir =
            auth_type = any
            pool_mode = {mode}
            default_pool_size = {(mode == "session" ? 40 : 8)}
            max_client_conn = 200
            """);
        string[] command = Environment.UserName == "root"
            ? ["runuser", "-u", "postgres", "--", "/usr/sbin/pgbouncer", "-q", file]
            : ["/usr/sbin/pgbouncer", "-q", file];
        var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
        var connectionString = new NpgsqlConnectionStringBuilder(database) { Host = "127.0.0.1", Port = port, MaxPoolSize = 20 }.ConnectionString;
        var bouncer = new PgBouncer(process, directory, connectionString);
        await bouncer.Listening(port);
        return bouncer;
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private async Task Listening(int port)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync("127.0.0.1", port);
                return;
            }
            catch (SocketException) when (attempt < 200 && !process.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }
}
