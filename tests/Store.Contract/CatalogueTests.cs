using Marten;
using Npgsql;
using PeerRegistry.Tests;

namespace PeerRegistry.Store.Contract;

/// <summary>The schema is Marten's, and so are the rows.</summary>
public sealed class CatalogueTests(TestPostgres postgres) : IAsyncLifetime
{
    private Node node = null!;

    public async ValueTask InitializeAsync() => node = await Node.Start(await postgres.CreateDatabase());

    public ValueTask DisposeAsync() => node.DisposeAsync();

    [Fact]
    public Task Marten_finds_nothing_to_change_in_the_schema() =>
        node.Get<IDocumentStore>().Storage.Database.AssertDatabaseMatchesConfigurationAsync(Given.Soon);

    [Fact]
    public async Task Rows_are_written_as_Marten_writes_them()
    {
        var portal = Given.Portal();
        await node.Store.Append(Given.Counts(portal, "tally-x", 0, 5) with { Reason = "why" }, Given.Soon);
        var found = await Rows(
            """
            select concat_ws(' | ', e.seq_id, e.stream_id, e.version, e.data, e.bdata is null, e.type, e.tenant_id = s.tenant_id,
                e.mt_dotnet_type, e.headers, e.is_archived, s.version, s.type is null)
            from registry.mt_events e join registry.mt_streams s on s.id = e.stream_id
            """);

        Assert.Equal(
            ["""1 | tally-x | 1 | {"by": 5} | t | tally_counted | t | PeerRegistry.Store.Contract.Counted, PeerRegistry.Store.Contract | {"actor": "system", "reason": "why"} | f | 1 | t"""],
            found);
    }

    private async Task<List<string>> Rows(string sql)
    {
        await using var command = node.Database.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Given.Soon);
        var rows = new List<string>();
        while (await reader.ReadAsync(Given.Soon))
            rows.Add(reader.GetString(0));

        return rows;
    }
}
