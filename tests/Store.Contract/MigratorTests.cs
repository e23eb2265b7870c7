using Npgsql;
using PeerRegistry.Infrastructure.Store;
using PeerRegistry.Tests;

namespace PeerRegistry.Store.Contract;

public sealed class MigratorTests(TestPostgres postgres)
{
    private static readonly Migration One = new(9001, "one", "create table registry.one (n int)", "a");
    private static readonly Migration Two = new(9002, "two", "create table registry.two (n int); insert into registry.two values (1)", "b");
    private static readonly Migration Broken = new(9003, "broken", "create table registry.three (n int); select nonsense", "c");

    [Fact]
    public async Task Nodes_that_start_together_migrate_once()
    {
        var database = await postgres.CreateDatabase();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ => await (await Node.Start(database)).DisposeAsync()));

        await using var source = NpgsqlDataSource.Create(database);
        var embedded = Migrator.Embedded(typeof(Migrator).Assembly).Count;
        Assert.Equal(embedded, await source.Scalar<long>("select count(*) from registry.migrations"));
    }

    [Fact]
    public async Task Each_file_is_applied_once_even_when_a_lower_number_comes_later()
    {
        await using var node = await Node.Start(await postgres.CreateDatabase());
        await Apply(node, Two);
        await Apply(node, One, Two);

        Assert.Equal(1, await node.Database.Scalar<long>("select count(*) from registry.two"));
        Assert.Equal(0, await node.Database.Scalar<long>("select count(*) from registry.one"));
    }

    [Fact]
    public async Task A_file_that_changed_after_it_was_applied_stops_the_start()
    {
        await using var node = await Node.Start(await postgres.CreateDatabase());
        await Apply(node, One);

        var stopped = await Assert.ThrowsAsync<InvalidOperationException>(() => Apply(node, One with { Checksum = "changed" }));
        Assert.Contains("9001_one has changed", stopped.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_of_a_later_version_stops_the_start()
    {
        await using var node = await Node.Start(await postgres.CreateDatabase());
        await Apply(node, One, Two);

        var stopped = await Assert.ThrowsAsync<InvalidOperationException>(() => Apply(node, One));
        Assert.Contains("9002", stopped.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_fails_leaves_nothing_behind()
    {
        await using var node = await Node.Start(await postgres.CreateDatabase());
        await Assert.ThrowsAsync<PostgresException>(() => Apply(node, One, Broken));

        Assert.True(await node.Database.Scalar<bool>("select to_regclass('registry.one') is not null and to_regclass('registry.three') is null"));
    }

    [Fact]
    public async Task What_differs_from_this_version_is_told_and_left_as_it_is()
    {
        await using var node = await Node.Start(await postgres.CreateDatabase());
        Assert.Empty(await node.Get<Migrator>().Compare(Given.Soon));

        await Apply(node, One);
        await node.Database.Scalar<object>(
            """
            delete from registry.migrations where number = 1;
            update registry.migrations set checksum = '' where number = 50;
            drop index registry.pk_mt_events_stream_and_version
            """);
        var differences = await node.Get<Migrator>().Compare(Given.Soon);

        Assert.Equal(
            [
                "Migration 0001_event_store was not applied.",
                "Migration 0050_marten_schema has changed since it was applied.",
                "Migration 9001 belongs to a later version.",
            ],
            differences.Take(3));
        Assert.Contains("pk_mt_events_stream_and_version", Assert.Single(differences.Skip(3)), StringComparison.Ordinal);
        Assert.Equal(differences, await node.Get<Migrator>().Compare(Given.Soon));
    }

    private static async Task Apply(Node node, params Migration[] migrations)
    {
        await using var connection = await node.Database.OpenConnectionAsync(Given.Soon);
        await node.Get<Migrator>().ApplyMissing(connection, [.. Migrator.Embedded(typeof(Migrator).Assembly), .. migrations], Given.Soon);
    }
}
