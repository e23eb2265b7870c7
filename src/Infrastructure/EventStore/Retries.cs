using System.Security.Cryptography;
using Npgsql;
using PeerRegistry.Application.Kernel;

namespace PeerRegistry.Infrastructure.EventStore;

/// <summary>What the database's refusals of an append mean.</summary>
internal static class Retries
{
    private const int Attempts = 6;

    /// <summary>Sends again what lost a deadlock or a serialisation conflict: the database has undone all of it.</summary>
    /// <exception cref="StaleVersionException"/>
    public static async Task<long> Run(IReadOnlyList<StreamChange> streams, TimeProvider clock, Func<Task<long>> send, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await send();
            }
            catch (PostgresException e) when (MeansStale(e))
            {
                var stale = streams.FirstOrDefault(change => Names(e.BatchCommand, change.Stream)) ?? streams[0];
                throw new StaleVersionException(stale.Stream, stale.ExpectedVersion);
            }
            catch (PostgresException e) when (attempt < Attempts && e.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(1, 10 * attempt)), clock, ct);
            }
        }
    }

    /// <summary>
    /// The stream's row has another version (our own code); a new stream, or the event of that version, is there already; or an
    /// old stream is not there at all.
    /// </summary>
    private static bool MeansStale(PostgresException e) =>
        e.SqlState == "PR001"
        || e.ConstraintName is "pkey_mt_streams_tenant_id_id" or "pk_mt_events_stream_and_version" or "fkey_mt_events_stream_id_tenant_id";

    private static bool Names(NpgsqlBatchCommand? command, string stream) =>
        command?.Parameters.Any(parameter => parameter is NpgsqlParameter<string> text && text.TypedValue == stream) ?? false;
}
