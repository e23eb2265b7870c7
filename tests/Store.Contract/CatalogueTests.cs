using System.Text.Json;
using Npgsql;
using PeerRegistry.Tests;

namespace PeerRegistry.Store.Contract;

/// <summary>The tables are those that Marten 9 makes (marten-layout.json), so that it can open the database.</summary>
public sealed class CatalogueTests(TestPostgres postgres) : IAsyncLifetime
{
    private static readonly JsonElement Layout =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "marten-layout.json"))).RootElement;

    private Node node = null!;

    public static TheoryData<string> Tables => [.. Layout.GetProperty("tables").EnumerateObject().Select(table => table.Name)];

    public async ValueTask InitializeAsync() => node = await Node.Start(await postgres.CreateDatabase());

    public ValueTask DisposeAsync() => node.DisposeAsync();

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task Columns_are_Martens(string table)
    {
        var wanted = Layout.GetProperty("tables").GetProperty(table).EnumerateArray()
            .Select(column => string.Join(' ', column.EnumerateArray().Select(part => part.GetString() ?? "-")));
        var found = await Rows(
            $"""
            select format('%s %s %s %s', a.attname,
                replace(replace(format_type(a.atttypid, a.atttypmod), 'character varying', 'varchar'), 'timestamp with time zone', 'timestamptz'),
                case when a.attnotnull then 'not null' else 'null' end,
                coalesce(replace(pg_get_expr(d.adbin, d.adrelid), '::character varying', ''), '-'))
            from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
            where a.attrelid = 'registry.{table}'::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum
            """);

        Assert.Equal(wanted, found);
    }

    [Fact]
    public async Task Constraints_are_Martens()
    {
        var wanted = Layout.GetProperty("constraints").EnumerateObject().Select(constraint => $"{constraint.Name}: {constraint.Value.GetString()}");
        var found = await Rows(
            """
            select format('%s: %s %s', conname, conrelid::regclass::text, pg_get_constraintdef(oid))
            from pg_constraint where conrelid::regclass::text like 'registry.mt%'
            """);

        Assert.Equal(wanted.Order(StringComparer.Ordinal), found.Select(line => line.Replace("registry.", "", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Indexes_are_Martens()
    {
        var wanted = Layout.GetProperty("indexes").EnumerateObject().Select(index => $"{index.Name}: {index.Value.GetString()}");
        var found = await Rows(
            """
            select format('%s: %s%s (%s)', i.relname, case when x.indisunique then 'UNIQUE ' else '' end, t.relname,
                (select string_agg(a.attname, ', ' order by k.place)
                 from unnest(x.indkey) with ordinality k(attribute, place) join pg_attribute a on a.attrelid = t.oid and a.attnum = k.attribute))
            from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
            where t.relnamespace = 'registry'::regnamespace and t.relname like 'mt%'
                and not exists (select from pg_constraint c where c.conindid = i.oid)
            """);

        Assert.Equal(wanted, found);
    }

    [Fact]
    public async Task The_sequence_is_Martens()
    {
        var sequence = Layout.GetProperty("sequence");
        var wanted = $"{sequence.GetProperty("name")} {sequence.GetProperty("owned_by")} {sequence.GetProperty("start")} {sequence.GetProperty("increment")} {sequence.GetProperty("cache")}";
        var found = await Rows(
            """
            select format('%s %s.%s %s %s %s', c.relname, t.relname, a.attname, s.seqstart, s.seqincrement, s.seqcache)
            from pg_sequence s join pg_class c on c.oid = s.seqrelid
            join pg_depend d on d.objid = c.oid and d.deptype = 'a' join pg_class t on t.oid = d.refobjid
            join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
            where c.relnamespace = 'registry'::regnamespace
            """);

        Assert.Equal([wanted], found);
    }

    [Fact]
    public async Task Rows_are_written_as_Marten_writes_them()
    {
        var portal = Given.Portal();
        await node.Store.Append(Given.Counts(portal, "tally-x", 0, 5) with { Reason = "why" }, Given.Soon);
        var found = await Rows(
            """
            select concat_ws(' | ', e.seq_id, e.stream_id, e.version, e.data, e.bdata is null, e.type, e.tenant_id = s.tenant_id,
                e.mt_dotnet_type, e.headers, e.is_archived, s.version, s.type is null, s.timestamp = e.timestamp)
            from registry.mt_events e join registry.mt_streams s on s.id = e.stream_id
            """);

        Assert.Equal(
            ["""1 | tally-x | 1 | {"by": 5} | t | tally_counted | t | PeerRegistry.Store.Contract.Counted, PeerRegistry.Store.Contract | {"actor": "system", "reason": "why"} | f | 1 | t | t"""],
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
