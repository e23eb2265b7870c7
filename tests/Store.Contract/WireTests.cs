using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Sessions;
using PeerRegistry.Infrastructure.Store;
using PeerRegistry.Tests;

namespace PeerRegistry.Store.Contract;

/// <summary>What goes over the wire for an append, and what happens when the wire breaks.</summary>
public sealed class WireTests(TestPostgres postgres) : IAsyncLifetime
{
    private readonly PortalId a = Given.Portal();
    private Wire wire = null!;
    private Node node = null!;

    public async ValueTask InitializeAsync()
    {
        var database = await postgres.CreateDatabase();
        await (await Node.Start(database)).DisposeAsync();
        wire = new Wire(database);

        // No background work: every byte on the wire is the test's own.
        node = Node.Unstarted(wire.ConnectionString);
        for (var version = 0; version < 5; version++)
            await node.Store.Append(Given.Counts(a, "tally-x", version, 1), Given.Soon);
    }

    public async ValueTask DisposeAsync()
    {
        await node.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
        await wire.DisposeAsync();
    }

    [Fact]
    public async Task An_append_takes_two_round_trips_whatever_it_carries()
    {
        await node.Store.Append(
            new Changes(a, Actor.System, [new("tally-y", 0, [new Counted(1), new Counted(2)]), new("tally-z", 0, [new Counted(3)])]), Given.Soon);

        var before = wire.RoundTrips;
        await node.Store.Append(Given.Counts(a, "tally-x", 5, 1), Given.Soon);
        Assert.Equal(2, wire.RoundTrips - before);
        await node.Store.Append(
            new Changes(a, Actor.System, [new("tally-y", 2, [new Counted(1), new Counted(2)]), new("tally-z", 1, [new Counted(3)])]), Given.Soon);
        Assert.Equal(4, wire.RoundTrips - before);
    }

    /// <summary>The first request carries the events, the second is the commit.</summary>
    [Theory]
    [InlineData(Cut.Request, 1)]
    [InlineData(Cut.Answer, 1)]
    [InlineData(Cut.Request, 2)]
    [InlineData(Cut.Answer, 2)]
    public async Task An_append_whose_connection_breaks_is_written_once(Cut cut, int roundTrip)
    {
        wire.CutAt(cut, roundTrip);

        Assert.Equal([7], await node.Store.Append(Given.Counts(a, "tally-x", 5, 8, 9), Given.Soon));
        Assert.Equal([1, 1, 1, 1, 1, 8, 9], (await node.Store.ReadStream(a, "tally-x", Given.Soon)).Numbers());
        Assert.True(wire.WasCut);
    }

    /// <summary>The second run finds the first one's event and would refuse to do the same again.</summary>
    [Fact]
    public async Task The_response_of_a_handler_is_kept_if_only_the_answer_to_its_commit_was_lost()
    {
        wire.CutAt(Cut.Answer, 3); // after the handler's own question

        var runs = 0;
        var response = await node.Get<Commits>().Run(
            a,
            new CurrentActor(),
            async session =>
            {
                var version = (await session.Events.FetchStreamAsync("tally-x", token: Given.Soon)).Count;
                if (version > 5)
                    throw new InvalidOperationException("Done already.");
                session.Events.Append("tally-x", version + 1, new Counted(8));
                return ++runs;
            },
            Given.Soon);

        Assert.True(wire.WasCut);
        Assert.Equal(1, response);
        Assert.Equal([1, 1, 1, 1, 1, 8], (await node.Store.ReadStream(a, "tally-x", Given.Soon)).Numbers());
    }

    [Fact]
    public async Task Another_writers_event_is_not_taken_for_our_own()
    {
        await using var other = Node.Unstarted(await Direct());
        await other.Store.Append(Given.Counts(a, "tally-x", 5, 7), Given.Soon);
        wire.CutAt(Cut.Request, 1);

        await Assert.ThrowsAsync<StaleVersionException>(() => node.Store.Append(Given.Counts(a, "tally-x", 5, 8), Given.Soon));
        Assert.Equal([1, 1, 1, 1, 1, 7], (await node.Store.ReadStream(a, "tally-x", Given.Soon)).Numbers());
    }

    [Theory]
    [InlineData("40001")]
    [InlineData("40P01")]
    public async Task What_lost_a_conflict_is_sent_again(string state)
    {
        await using (var trouble = node.Database.CreateCommand(
            $"""
            create sequence registry.tries;
            create function registry.trouble() returns trigger language plpgsql as $$
            begin
                if nextval('registry.tries') < 3 then raise exception 'conflict' using errcode = '{state}'; end if;
                return new;
            end $$;
            create trigger trouble before insert on registry.mt_events for each row execute function registry.trouble()
            """))
            await trouble.ExecuteNonQueryAsync(Given.Soon);

        Assert.Equal([6], await node.Store.Append(Given.Counts(a, "tally-x", 5, 1), Given.Soon));
        Assert.Equal(6, (await node.Store.ReadStream(a, "tally-x", Given.Soon)).Count);
    }

    private async Task<string> Direct()
    {
        var settings = new NpgsqlConnectionStringBuilder(wire.ConnectionString);
        settings.Host = await node.Database.Scalar<string>("show unix_socket_directories");
        return settings.ConnectionString;
    }
}
