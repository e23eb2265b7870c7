using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Infrastructure.LocalPostgres;

namespace PeerRegistry.Api.Tests.Hosting;

public sealed class LocalServerTests : IDisposable
{
    private readonly TemporaryData data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Starts_on_an_empty_directory_and_finds_everything_again_after_a_stop()
    {
        var server = Server();
        await server.Start(TestContext.Current.CancellationToken);
        await Execute("create table kept (n int)");
        await server.Stop();
        Assert.Empty(data.Processes);
        Assert.False(Directory.Exists(data.Place.SocketDirectory));

        await server.Start(TestContext.Current.CancellationToken);
        await Execute("insert into kept values (1)");
        await server.Stop();
        Assert.Empty(data.Processes);
    }

    [Fact]
    public async Task Adopts_the_server_that_a_killed_registry_left_behind()
    {
        await Server().Start(TestContext.Current.CancellationToken);
        var running = Server().ProcessId;

        var next = Server();
        await next.Start(TestContext.Current.CancellationToken);
        Assert.NotNull(running);
        Assert.Equal(running, next.ProcessId);
        await next.Stop();
        Assert.Empty(data.Processes);
    }

    [Fact]
    public async Task A_killed_server_is_started_again()
    {
        var server = Server();
        await server.Start(TestContext.Current.CancellationToken);
        await Execute("create table kept (n int)");
        using (var process = Process.GetProcessById(server.ProcessId!.Value))
            process.Kill();

        while (server.ProcessId is not null)
            await Task.Yield();
        await server.Start(TestContext.Current.CancellationToken);
        await Execute("insert into kept values (1)");
        await server.Stop();
    }

    [Fact]
    public async Task A_reused_process_id_is_not_taken_for_the_server()
    {
        var server = Server();
        await server.Start(TestContext.Current.CancellationToken);
        await server.Stop();
        var file = Path.Combine(data.Place.Directory, "postmaster.pid");
        await File.WriteAllTextAsync(file, $"{Environment.ProcessId}\n{data.Place.Directory}\n", TestContext.Current.CancellationToken);

        Assert.Null(server.ProcessId);
        await server.Start(TestContext.Current.CancellationToken);
        Assert.NotNull(server.ProcessId);
        await server.Stop();
    }

    [Fact]
    public async Task An_interrupted_first_start_does_not_prevent_the_next()
    {
        var draft = Directory.CreateDirectory(data.Place.Directory + ".new");
        await File.WriteAllTextAsync(Path.Combine(draft.FullName, "PG_VERSION"), "15", TestContext.Current.CancellationToken);

        var server = Server();
        await server.Start(TestContext.Current.CancellationToken);
        await server.Stop();
        Assert.False(draft.Exists && Directory.Exists(draft.FullName));
    }

    [Fact]
    public async Task A_removed_data_directory_starts_with_a_new_database()
    {
        var place = data.Place;
        Assert.SkipWhen(place.Elsewhere is null, "Only root keeps the cluster elsewhere.");
        var server = Server();
        await server.Start(TestContext.Current.CancellationToken);
        await Execute("create table old (n int)");
        File.Delete(place.Elsewhere.Link);

        await server.Start(TestContext.Current.CancellationToken);
        await Execute("create table old (n int)");
        await server.Stop();
        Assert.Empty(data.Processes);
        var aside = Assert.Single(Directory.GetDirectories(Path.GetDirectoryName(place.Directory)!, Path.GetFileName(place.Directory) + ".2*"));
        Directory.Delete(aside, recursive: true);
    }

    [Fact]
    public void A_moved_data_directory_does_not_silently_get_another_identity()
    {
        var place = data.Place;
        Assert.SkipWhen(place.Elsewhere is null, "Only root keeps the cluster elsewhere.");
        Directory.CreateSymbolicLink(place.Elsewhere.Link, "/var/lib/peerregistry/of-another");
        Assert.Contains(place.Directory, Assert.Throws<StartRefusedException>(() => ClusterPlace.Of(data.Directory)).Message, StringComparison.Ordinal);
        File.Delete(place.Elsewhere.Link);
    }

    [Fact]
    public void Only_one_registry_can_use_a_data_directory()
    {
        using (var first = DataDirectoryLock.TryTake(data.Directory))
        {
            Assert.NotNull(first);
            Assert.Null(DataDirectoryLock.TryTake(data.Directory));
        }

        using var next = DataDirectoryLock.TryTake(data.Directory);
        Assert.NotNull(next);
    }

    [Fact]
    public void Root_keeps_the_cluster_where_the_servers_user_can_go() =>
        Assert.Equal(
            new ClusterPlace("/var/lib/peerregistry/8a5edab28263", "/run/peerregistry/8a5edab28263", new("postgres", "/postgres")),
            ClusterPlace.Of("/", asRoot: true));

    [Theory]
    [InlineData(89, true)] // 89 bytes, "/run", "/.s.PGSQL.5432": 107 in all
    [InlineData(90, false)]
    public void A_socket_path_has_at_most_107_bytes(int length, bool fits)
    {
        var directory = "/" + new string('ü', (length - 2) / 2) + new string('d', 1 + ((length - 2) % 2));
        Assert.Equal(length, Encoding.UTF8.GetByteCount(directory));

        var place = ClusterPlace.Of(directory, asRoot: false);
        Assert.Equal(fits, place.SocketDirectory == directory + "/run");
        Assert.InRange(Encoding.UTF8.GetByteCount(place.SocketDirectory + "/.s.PGSQL.5432"), 1, 107);
        Assert.Equal(directory + "/postgres", place.Directory);
    }

    private LocalServer Server() => new(data.Place, TimeProvider.System, NullLogger<LocalServer>.Instance);

    private async Task Execute(string sql)
    {
        await using var connection = new NpgsqlConnection(data.Place.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
