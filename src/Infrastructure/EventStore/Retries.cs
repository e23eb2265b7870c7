using System.Security.Cryptography;
using Npgsql;
using PeerRegistry.Application.Kernel;

namespace PeerRegistry.Infrastructure.EventStore;

/// <summary>What becomes of an append that did not go through at once.</summary>
internal sealed class Retries(NpgsqlDataSource database, TimeProvider clock)
{
    private const int Attempts = 6;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Sends again what lost a deadlock or a serialisation conflict: the database has undone all of it. Sends again, too, where the
    /// connection broke and it is open whether it was written: the expected versions keep it from being written twice, and the id
    /// of the first event tells our own from another writer's.
    /// </summary>
    /// <param name="send">Returns the highest sequence number.</param>
    /// <exception cref="StaleVersionException"/>
    /// <exception cref="NpgsqlException">The database stays out of reach; the append may or may not have been written.</exception>
    public async Task<long> Append(Changes changes, Origin origin, Func<Task<long>> send, CancellationToken ct)
    {
        var open = false;
        var started = clock.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await send();
            }
            catch (PostgresException e) when (MeansStale(e))
            {
                if (open && await FindOwn(changes, origin, ct) is { } sequence)
                    return sequence;

                var stale = changes.Streams.FirstOrDefault(change => Names(e.BatchCommand, change.Stream)) ?? changes.Streams[0];
                throw new StaleVersionException(stale.Stream, stale.ExpectedVersion);
            }
            catch (NpgsqlException e) when (attempt < Attempts && (WasUndone(e) || IsOpen(e)) && clock.GetElapsedTime(started) < Patience)
            {
                open |= IsOpen(e);
                await Pause(attempt, ct);
            }
        }
    }

    /// <summary>For rows alone, which no version guards: sent again only where the database has undone them.</summary>
    public async Task Write(Func<Task> send, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await send();
                return;
            }
            catch (NpgsqlException e) when (attempt < Attempts && WasUndone(e))
            {
                await Pause(attempt, ct);
            }
        }
    }

    private static bool WasUndone(NpgsqlException e) => e.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected;

    /// <summary>The connection broke, could not be made, or the server was going down (class 57P).</summary>
    private static bool IsOpen(NpgsqlException e) =>
        e is not PostgresException ? e.IsTransient : e.SqlState?.StartsWith("57P", StringComparison.Ordinal) == true;

    /// <summary>
    /// The stream's row has another version (our own code); a new stream, or the event of that version, is there already; or an
    /// old stream is not there at all.
    /// </summary>
    private static bool MeansStale(PostgresException e) =>
        e.SqlState == "PR001"
        || e.ConstraintName is "pkey_mt_streams_tenant_id_id" or "pk_mt_events_stream_and_version" or "fkey_mt_events_stream_id_tenant_id";

    private static bool Names(NpgsqlBatchCommand? command, string stream) =>
        command?.Parameters.Any(parameter => parameter is NpgsqlParameter<string> text && text.TypedValue == stream) ?? false;

    private Task Pause(int attempt, CancellationToken ct) =>
        Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(1, 10 << attempt)), clock, ct);

    private async Task<long?> FindOwn(Changes changes, Origin origin, CancellationToken ct)
    {
        var first = AppendBatch.Sorted(changes)[0];
        await using var command = database.CreateCommand(
            "select seq_id from registry.mt_events where tenant_id = $1 and stream_id = $2 and version = $3 and id = $4");
        command.Parameters.Add(Sql.Text(changes.Portal.Value));
        command.Parameters.Add(Sql.Text(first.Stream));
        command.Parameters.Add(Sql.Bigint(first.ExpectedVersion + 1));
        command.Parameters.Add(Sql.Uuid(origin.FirstEvent));
        return await command.ExecuteScalarAsync(ct) as long?;
    }
}
