using Npgsql;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Backup;

/// <summary>The tables of schema <c>registry</c> that go into a backup: all but those that a restored registry makes anew.</summary>
internal static class BackedUpTables
{
    /// <summary>
    /// Left out, beside the read models and Wolverine's tables: what describes the schema; codes and tickets that live for minutes; and the
    /// replay guard, which must be cold after a restore; and what apps were told by webhooks, so that they are told everything anew. Messages are made again
    /// from the contacts and from the calls that wait, whose queues hold no more than who delivers from them, and when.
    /// </summary>
    private const string Names =
        """
        select c.relname, pg_table_size(c.oid)
        from pg_class c
        where c.relnamespace = to_regnamespace('registry') and c.relkind in ('r', 'p') and not c.relispartition
            and c.relname not in ('migrations', 'marten_schema', 'read_models', 'backups', 'replay_guard', 'pairing_codes', 'app_tickets',
                'webhooks', 'webhook_peers', 'webhook_events', 'deferred_queues')
            and not starts_with(c.relname, 'wolverine_')
            and c.relname not in (select table_name from registry.read_models)
            and c.relname not in (select table_name || '_shadow' from registry.read_models)
        order by exists (select from pg_constraint f where f.conrelid = c.oid and f.contype = 'f'), c.relname
        """;

    private const string Columns =
        """
        select attname, format_type(atttypid, atttypmod) from pg_attribute
        where attrelid = to_regclass($1) and attnum > 0 and not attisdropped and attgenerated = ''
        order by attnum
        """;

    /// <returns>Names and sizes in bytes. Tables that refer to others come after them.</returns>
    public static async Task<IReadOnlyList<(string Name, long Bytes)>> Read(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Names, connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var tables = new List<(string, long)>();
        while (await reader.ReadAsync(ct))
            tables.Add((reader.GetString(0), reader.GetInt64(1)));
        return tables;
    }

    /// <returns>No columns if there is no such table.</returns>
    public static async Task<IReadOnlyList<TableColumn>> ColumnsOf(NpgsqlConnection connection, string table, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(Columns, connection) { Parameters = { Sql.Text(Quoted(table)) } };
        await using var reader = await command.ExecuteReaderAsync(ct);
        var columns = new List<TableColumn>();
        while (await reader.ReadAsync(ct))
            columns.Add(new TableColumn(reader.GetString(0), reader.GetString(1)));
        return columns;
    }

    public static string Quoted(string table) => $"registry.{Quote(table)}";

    public static string Quoted(TableHead table) => $"{Quoted(table.Name)} ({string.Join(", ", table.Columns.Select(c => Quote(c.Name)))})";

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
