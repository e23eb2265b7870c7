using JasperFx.Events;
using Marten;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Store;
using PeerRegistry.Tests;

namespace PeerRegistry.Store.Contract;

/// <summary>
/// A reader in sequence order relies on one property of writers: each owns a transaction id before it takes a number. Here Marten's
/// own appends are stopped at each point, in the mode that we use and in the one that loses events.
/// </summary>
public sealed class AppendModeTests(TestPostgres postgres) : IAsyncLifetime
{
    private const string Waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and backend_xid is";

    private readonly PortalId a = Given.Portal();
    private string database = null!;
    private Node node = null!;

    public async ValueTask InitializeAsync() => node = await Node.Start(database = await postgres.CreateDatabase());

    public ValueTask DisposeAsync() => node.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_writer_owns_a_transaction_id_before_it_takes_a_number(int expectedVersion)
    {
        if (expectedVersion > 0)
            await node.Store.Append(Given.Counts(a, "tally-x", 0, 1), Given.Soon);

        await using var blocker = await HoldTheSequence();
        var append = node.Store.Append(Given.Counts(a, "tally-x", expectedVersion, 2), Given.Soon);
        await Given.Eventually(async () => await node.Database.Scalar<long>($"{Waiting} not null") == 1, "the append waits for its number");
        Assert.Equal(0, await node.Database.Scalar<long>($"{Waiting} null"));

        await blocker.Run("rollback");
        Assert.Equal([expectedVersion + 1L], await append);
    }

    /// <summary>Why the Rich mode is ruled out: such a writer is not seen to be alive while it holds its number.</summary>
    [Fact]
    public async Task A_writer_in_the_Rich_mode_takes_its_number_without_a_transaction_id()
    {
        var options = RegistryStore.Options(node.Database, node.Get<EventSerializer>(), TimeProvider.System);
        options.Events.AppendMode = EventAppendMode.Rich;
        await using var rich = new DocumentStore(options);
        await using var session = rich.LightweightSession(a.Value);
        session.Events.Append("tally-x", new Counted(1));

        await using var blocker = await HoldTheSequence();
        var append = session.SaveChangesAsync(Given.Soon);
        await Given.Eventually(async () => await node.Database.Scalar<long>($"{Waiting} null") == 1, "the append waits for its number");

        await blocker.Run("rollback");
        await append;
    }

    [Theory]
    [InlineData(Stop.BetweenNumberAndInsert)]
    [InlineData(Stop.BetweenInsertAndCommit)]
    public async Task A_reader_waits_for_an_append_that_has_taken_its_number(Stop stop)
    {
        await StopAppendsTo("tally-slow", stop);
        await using var blocker = await Writer.Begin(node.Database);
        await blocker.Run("select pg_advisory_xact_lock(77)");
        var slow = node.Store.Append(Given.Counts(a, "tally-slow", 0, 1), Given.Soon);
        await Given.Eventually(async () => await node.Database.Scalar<long>($"{Waiting} not null") == 1, "the slow append has stopped");
        await node.Store.Append(Given.Counts(a, "tally-quick", 0, 2), Given.Soon);

        var reading = node.Store.Take(0, 2);
        await Task.Delay(TimeSpan.FromMilliseconds(60), TimeProvider.System, Given.Soon);
        Assert.False(reading.IsCompleted, "the later event was given out first");

        await blocker.Run("rollback");
        await slow;
        Assert.Equal([1, 2], (await reading).Numbers());
    }

    /// <summary>In its open transaction the sequence gives no numbers to others.</summary>
    private async Task<Writer> HoldTheSequence()
    {
        var blocker = await Writer.Begin(node.Database);
        await blocker.Run("alter sequence registry.mt_events_sequence cache 1");
        return blocker;
    }

    private async Task StopAppendsTo(string stream, Stop stop)
    {
        var kind = stop == Stop.BetweenNumberAndInsert ? "trigger stop before insert" : "constraint trigger stop after insert";
        var when = stop == Stop.BetweenNumberAndInsert ? "" : "deferrable initially deferred";
        await using var command = node.Database.CreateCommand(
            $"""
            create function registry.stop() returns trigger language plpgsql as $$
            begin
                if new.stream_id = '{stream}' then perform pg_advisory_xact_lock_shared(77); end if;
                return new;
            end $$;
            create {kind} on registry.mt_events {when} for each row execute function registry.stop()
            """);
        await command.ExecuteNonQueryAsync(Given.Soon);
    }
}
