using System.Globalization;
using Npgsql;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Store.Contract;

/// <summary>An append taken apart, so that a test can stop it between any two of its steps and end it in any way.</summary>
internal sealed class Writer : IAsyncDisposable
{
    private readonly NpgsqlConnection connection;
    private long number;

    private Writer(NpgsqlConnection connection) => this.connection = connection;

    /// <summary>Of the row that was locked.</summary>
    public PortalId Portal { get; private set; }

    public static Task<Writer> Begin(NpgsqlDataSource database) => Begin(database.ConnectionString);

    public static async Task<Writer> Begin(string connectionString)
    {
        var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(Given.Soon);
        var writer = new Writer(connection);
        await writer.Run("begin");
        return writer;
    }

    public Task LockRow(PortalId portal, string stream, long version)
    {
        Portal = portal;
        return Run(
            $"""
            insert into registry.mt_streams (tenant_id, id, version) values ('{portal}', '{stream}', {Text(version)})
            on conflict (tenant_id, id) do update set version = excluded.version
            """);
    }

    public async Task TakeNumber()
    {
        await using var command = new NpgsqlCommand("select nextval('registry.mt_events_sequence')", connection);
        number = (long)(await command.ExecuteScalarAsync(Given.Soon))!;
    }

    /// <summary>Now and then nextval writes to the log and so takes an id after all; what matters is that it need not.</summary>
    public async Task TakeNumberWithoutId()
    {
        while (true)
        {
            await TakeNumber();
            await using var command = new NpgsqlCommand("select pg_current_xact_id_if_assigned() is null", connection);
            if (await command.ExecuteScalarAsync(Given.Soon) is true)
                return;
            await Run("rollback");
            await Run("begin");
        }
    }

    public async Task Insert(PortalId portal, string stream, long version, string type = "tally_counted", string data = """{"by": 1}""")
    {
        if (number == 0)
            await TakeNumber();
        await Run(
            $"""
            insert into registry.mt_events (seq_id, id, stream_id, version, data, type, tenant_id)
            values ({Text(number)}, gen_random_uuid(), '{stream}', {Text(version)}, '{data}', '{type}', '{portal}')
            """);
    }

    public async Task Run(string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Given.Soon);
    }

    public async Task Finish(End end, NpgsqlDataSource database)
    {
        switch (end)
        {
            case End.Commits:
                await Run("commit");
                break;
            case End.RollsBack:
                await Run("rollback");
                break;
            case End.IsKilled:
                await database.Scalar<bool>($"select pg_terminate_backend({Text(connection.ProcessID)})");
                break;
            default:
                await connection.CloseAsync();
                break;
        }
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    /// <returns>The sequence numbers in the table, in order.</returns>
    public static async Task<List<long>> Committed(NpgsqlDataSource database)
    {
        var numbers = new List<long>();
        await using var command = database.CreateCommand("select seq_id from registry.mt_events order by seq_id");
        await using var reader = await command.ExecuteReaderAsync(Given.Soon);
        while (await reader.ReadAsync(Given.Soon))
            numbers.Add(reader.GetInt64(0));

        return numbers;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
