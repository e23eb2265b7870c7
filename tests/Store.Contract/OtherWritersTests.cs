using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Store.Contract;

/// <summary>Which transactions a subscriber that sees a gap in the sequence waits for: all that may fill it, and no others.</summary>
public sealed class OtherWritersTests(TestPostgres postgres) : IAsyncLifetime
{
    private readonly PortalId a = Given.Portal();
    private readonly PortalId b = Given.Portal();
    private Node node = null!;

    public async ValueTask InitializeAsync()
    {
        node = await Node.Start(await postgres.CreateDatabase());
        await node.Store.Append(Given.Counts(a, "tally-first", 0, 1), Given.Soon);
    }

    public ValueTask DisposeAsync() => node.DisposeAsync();

    [Fact]
    public async Task A_writer_of_another_database_on_the_same_server_is_not_waited_for()
    {
        await using var elsewhere = await Writer.Begin(await postgres.CreateDatabase());
        await elsewhere.Run("create table written (n int)");
        await node.Database.Scalar<long>("select nextval('registry.mt_events_sequence')"); // by a writer that gave up
        await node.Store.Append(Given.Counts(b, "tally-x", 0, 2), Given.Soon);

        Assert.Equal([1, 2], await Numbers(2));
    }

    [Fact]
    public async Task A_reader_of_this_database_is_not_waited_for()
    {
        await using var reader = await Writer.Begin(node.Database);
        await reader.Run("set transaction isolation level repeatable read; select count(*) from registry.mt_events");
        await node.Database.Scalar<long>("select nextval('registry.mt_events_sequence')");
        await node.Store.Append(Given.Counts(b, "tally-x", 0, 2), Given.Soon);

        Assert.Equal([1, 2], await Numbers(2));
    }

    [Fact]
    public async Task A_prepared_transaction_is_waited_for_until_it_is_committed()
    {
        await using var slow = await Writer.Begin(node.Database);
        await slow.LockRow(a, "tally-slow", 1);
        await slow.Insert(a, "tally-slow", 1);
        await slow.Run("prepare transaction 'slow'");
        await node.Store.Append(Given.Counts(b, "tally-x", 0, 2), Given.Soon);
        Assert.Equal([1], await Numbers(2, TimeSpan.FromMilliseconds(300)));

        await slow.Run("commit prepared 'slow'");
        Assert.Equal([1, 1, 2], await Numbers(3));
    }

    [Fact]
    public async Task A_writer_that_writes_in_a_savepoint_is_waited_for()
    {
        await using var slow = await Writer.Begin(node.Database);
        await slow.Run("savepoint nested");
        await slow.LockRow(a, "tally-slow", 1);
        await slow.Insert(a, "tally-slow", 1);
        await node.Store.Append(Given.Counts(b, "tally-x", 0, 2), Given.Soon);
        Assert.Equal([1], await Numbers(2, TimeSpan.FromMilliseconds(300)));

        await slow.Run("release savepoint nested");
        Assert.Equal([1], await Numbers(2, TimeSpan.FromMilliseconds(300)));
        await slow.Finish(End.Commits, node.Database);
        Assert.Equal([1, 1, 2], await Numbers(3));
    }

    [Fact]
    public async Task A_writer_of_another_role_is_waited_for_by_a_role_without_privileges()
    {
        await node.Database.Scalar<int>(
            """
            create role lowly login;
            grant usage on schema registry to lowly;
            grant select on all tables in schema registry to lowly
            """);
        await using var lowly = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(node.Database.ConnectionString) { Username = "lowly" });
        var tail = new Infrastructure.Store.EventTail<long>(lowly, "version", row => row.GetInt64(1), 1);

        await using var slow = await Writer.Begin(node.Database);
        await slow.LockRow(a, "tally-slow", 1);
        await slow.Insert(a, "tally-slow", 1);
        await node.Store.Append(Given.Counts(b, "tally-x", 0, 2), Given.Soon);
        for (var reading = 0; reading < 3; reading++)
            Assert.Equal(0, (await tail.Read(10, Given.Soon)).Settled);

        await slow.Finish(End.Commits, node.Database);
        Assert.Equal(2, (await tail.Read(10, Given.Soon)).Settled);
    }

    /// <returns>What is settled, at most so many events, after at most this long.</returns>
    private async Task<List<int>> Numbers(int count, TimeSpan? within = null)
    {
        using var atMost = CancellationTokenSource.CreateLinkedTokenSource(Given.Soon);
        atMost.CancelAfter(within ?? TimeSpan.FromSeconds(10));
        var numbers = new List<int>();
        try
        {
            await foreach (var e in node.Store.Subscribe(0, atMost.Token))
            {
                numbers.Add(((Counted)e.Data).By);
                if (numbers.Count == count)
                    break;
            }
        }
        catch (OperationCanceledException)
        {
        }

        return numbers;
    }
}
