using Npgsql;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.LaterCalls;

/// <summary>Table <c>taken_calls</c>.</summary>
/// <param name="most">How many keys of one peer are remembered for one app.</param>
internal sealed class TakenCalls(NpgsqlDataSource database, TimeProvider clock, int most = 20_000) : ITakenCalls
{
    private const string IsIt = "portal_id = $1 and app = $2 and signer = $3 and key = $4";

    /// <summary>One statement, because two nodes may get the same call at the same instant.</summary>
    public async Task<TakenCall> Take(TakenKey key, byte[] fingerprint, CancellationToken ct)
    {
        await using var insert = Of(
            """
            insert into registry.taken_calls (portal_id, app, signer, key, fingerprint, taken_at)
            select $1, $2, $3, $4, $5, $6
            where (select count(*) from (select from registry.taken_calls where portal_id = $1 and app = $2 and signer = $3 limit $7) counted) < $7
            on conflict do nothing
            returning true
            """,
            key);
        insert.Parameters.Add(Sql.Bytes(fingerprint));
        insert.Parameters.Add(Sql.Time(clock.GetUtcNow()));
        insert.Parameters.Add(Sql.Bigint(most));
        if (await insert.ExecuteScalarAsync(ct) is true)
            return new(Taking.First, null);

        await using var ask = Of($"select fingerprint, status from registry.taken_calls where {IsIt}", key);
        await using var reader = await ask.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct))
            return new(Taking.TooMany, null);

        return reader.GetFieldValue<byte[]>(0).AsSpan().SequenceEqual(fingerprint)
            ? new(Taking.Again, reader.IsDBNull(1) ? null : reader.GetInt32(1))
            : new(Taking.OtherRequest, null);
    }

    public async Task Answered(TakenKey key, int status, CancellationToken ct)
    {
        await using var command = Of($"update registry.taken_calls set status = $5 where {IsIt}", key);
        command.Parameters.Add(Sql.Bigint(status));
        await command.ExecuteNonQueryAsync(ct);
    }

    public async Task Forget(TakenKey key, CancellationToken ct)
    {
        await using var command = Of($"delete from registry.taken_calls where {IsIt}", key);
        await command.ExecuteNonQueryAsync(ct);
    }

    private NpgsqlCommand Of(string sql, TakenKey key)
    {
        var command = database.CreateCommand(sql);
        command.Parameters.Add(Sql.Text(key.Portal.Value));
        command.Parameters.Add(Sql.Text(key.App));
        command.Parameters.Add(Sql.Text(key.Signer.Value));
        command.Parameters.Add(Sql.Text(key.Key));
        return command;
    }
}
