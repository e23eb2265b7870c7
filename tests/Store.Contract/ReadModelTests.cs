using Microsoft.Extensions.DependencyInjection;
using Marten;
using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Store;
using PeerRegistry.Infrastructure.ReadModels;
using PeerRegistry.Tests;

namespace PeerRegistry.Store.Contract;

public sealed class ReadModelTests(TestPostgres postgres) : IAsyncLifetime
{
    private readonly PortalId a = Given.Portal();
    private readonly PortalId b = Given.Portal();
    private string database = null!;
    private Node node = null!;

    public async ValueTask InitializeAsync()
    {
        database = await postgres.CreateDatabase();
        node = await Node.Start(database);
        await using var table = node.Database.CreateCommand("create table registry.notes (portal_id text, text text check (text <> 'refuse'))");
        await table.ExecuteNonQueryAsync(Given.Soon);
    }

    public ValueTask DisposeAsync() => node.DisposeAsync();

    [Fact]
    public async Task What_was_folded_live_equals_a_rebuild_from_zero()
    {
        var dice = new Dice(1);
        var versions = new Dictionary<(PortalId, string), int>();
        for (var i = 0; i < 600; i++)
        {
            var (portal, stream) = (dice.Next(2) == 0 ? a : b, $"tally-{dice.Next(20)}");
            var version = versions.GetValueOrDefault((portal, stream));
            DomainEvent[] events = dice.Next(4) == 0 ? [new Cleared()] : [new Counted(dice.Next(100)), new Counted(1)];
            await node.Store.Append(new Changes(portal, Actor.Device($"d{i}"), [new(stream, version, events)]), Given.Soon);
            versions[(portal, stream)] = version + events.Length;
        }

        await NewPortal(a);
        await NewPortal(b);
        await node.Store.Append(new Changes(a, Actor.System, [new("portal", 1, [new ProfileChanged(a, "n", "e", null, true)])]), Given.Soon);
        foreach (var model in node.Get<IReadOnlyList<ReadModel>>())
        {
            var live = await Dump(model.Table);
            Assert.NotEmpty(live);
            await node.Get<ReadModelRebuild>().Build(model, Given.Soon);
            Assert.Equal(live, await Dump(model.Table));
        }
    }

    [Fact]
    public async Task A_number_that_is_not_in_the_table_rebuilds_it_at_start()
    {
        await node.Store.Append(Given.Counts(a, "tally-x", 0, 1, 2), Given.Soon);
        await node.Store.Append(Given.Counts(b, "tally-x", 0, 3), Given.Soon);
        await Execute("delete from registry.tally_list; update registry.read_models set number = '0' where table_name = 'tally_list'");
        await using (await Node.Start(database))
            Assert.Equal(2, await node.Database.Scalar<long>("select count(*) from registry.tally_list"));

        await Execute("delete from registry.tally_list");
        await using (await Node.Start(database))
            Assert.Equal(0, await node.Database.Scalar<long>("select count(*) from registry.tally_list"));
    }

    [Fact]
    public async Task An_unknown_event_type_stops_a_rebuild_and_leaves_the_table()
    {
        await node.Store.Append(Given.Counts(a, "tally-x", 0, 1, 2), Given.Soon);
        var before = await Dump("tally_list");
        await Execute("update registry.mt_events set type = 'tally_guessed' where version = 2");

        var model = node.Get<IReadOnlyList<ReadModel>>().Single(model => model.Table == "tally_list");
        var stopped = await Assert.ThrowsAsync<UnknownEventTypeException>(() => node.Get<ReadModelRebuild>().Build(model, Given.Soon));
        Assert.Contains("tally_guessed", stopped.Message, StringComparison.Ordinal);
        Assert.Equal(before, await Dump("tally_list"));
    }

    [Fact]
    public async Task Nobody_appends_while_a_read_model_is_rebuilt()
    {
        var model = node.Get<IReadOnlyList<ReadModel>>().Single(model => model.Table == "tally_list");
        var writing = Task.Run(
            async () =>
            {
                for (var version = 0; version < 200; version++)
                    await node.Store.Append(Given.Counts(a, "tally-x", version, 1), Given.Soon);
            },
            Given.Soon);
        while (!writing.IsCompleted)
            await node.Get<ReadModelRebuild>().Build(model, Given.Soon);
        await writing;

        Assert.Equal("200", await node.Database.Scalar<string>("select row ->> 'sum' from registry.tally_list"));
    }

    [Fact]
    public async Task Events_rows_and_statements_of_a_session_are_written_together_or_not_at_all()
    {
        var good = Given.Counts(a, "tally-x", 0, 1) with { Beside = s => Note(s, "kept") };
        await node.Store.Append(good, Given.Soon);
        var before = await Dump("tally_list");

        var refused = Given.Counts(a, "tally-x", 1, 2) with { Beside = s => { Note(s, "lost"); Note(s, "refuse"); } };
        await Assert.ThrowsAsync<PostgresException>(() => node.Store.Append(refused, Given.Soon));
        var stale = Given.Counts(a, "tally-x", 0, 2) with { Beside = s => Note(s, "lost") };
        await Assert.ThrowsAsync<StaleVersionException>(() => node.Store.Append(stale, Given.Soon));

        Assert.Equal(before, await Dump("tally_list"));
        Assert.Equal("kept", await node.Database.Scalar<string>("select string_agg(text, ' ') from registry.notes"));
        Assert.Equal(1, await node.Database.Scalar<long>("select count(*) from registry.mt_events where type <> 'tombstone'"));
    }

    [Fact]
    public async Task A_row_of_another_version_makes_the_whole_append_stale()
    {
        await node.Store.Append(Given.Counts(a, "tally-x", 0, 1), Given.Soon);

        var stale = Given.Counts(a, "tally-x", 1, 2) with { Beside = s => Note(s, "stale") };
        await Assert.ThrowsAsync<StaleVersionException>(() => node.Store.Append(stale, Given.Soon));

        Assert.Single(await node.Store.ReadStream(a, "tally-x", Given.Soon));
        Assert.Equal(0, await node.Database.Scalar<long>("select count(*) from registry.notes"));
    }

    [Fact]
    public async Task Rows_of_another_node_are_folded_on()
    {
        await using var other = await Node.Start(database);
        for (var version = 0; version < 20; version++)
            await (version % 2 == 0 ? node : other).Store.Append(Given.Counts(a, "tally-x", version, 1), Given.Soon);

        Assert.Equal("20", await node.Database.Scalar<string>("select row ->> 'sum' from registry.tally_list"));
    }

    private Task<IReadOnlyList<long>> NewPortal(PortalId portal) =>
        node.Store.Append(new Changes(portal, Actor.System, [new("portal", 0, [new PortalCreated(portal, Given.Key(), "Zone", "n")])]), Given.Soon);

    private async Task Execute(string sql)
    {
        await using var command = node.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Given.Soon);
    }

    private async Task<string> Dump(string table) =>
        await node.Database.Scalar<string>($"select string_agg(t::text, E'\\n' order by portal_id, key) from registry.{table} t") ?? "";

    private static void Note(IDocumentSession session, string text) => session.Queue(
        "insert into registry.notes (portal_id, text) values ($1, case $2 when 'stale' then registry.stale_version()::text else $2 end)", session.Portal(),
        Sql.Text(text));
}
