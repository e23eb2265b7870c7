using Npgsql;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>Table <c>mt_event_progression</c>: the last sequence number that each named reader of events has processed.</summary>
internal sealed class Checkpoints(NpgsqlDataSource database)
{
    /// <returns>0 if the reader has not begun.</returns>
    public async Task<long> Load(string name, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select last_seq_id from registry.mt_event_progression where name = $1");
        command.Parameters.Add(Sql.Text(name));
        return await command.ExecuteScalarAsync(ct) as long? ?? 0;
    }

    /// <summary>Never goes back.</summary>
    public async Task Store(string name, long sequence, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            """
            insert into registry.mt_event_progression as p (name, last_seq_id) values ($1, $2)
            on conflict (name) do update set last_seq_id = greatest(p.last_seq_id, excluded.last_seq_id), last_updated = transaction_timestamp()
            """);
        command.Parameters.Add(Sql.Text(name));
        command.Parameters.Add(Sql.Bigint(sequence));
        await command.ExecuteNonQueryAsync(ct);
    }
}
