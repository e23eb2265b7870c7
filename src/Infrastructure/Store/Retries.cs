using System.Security.Cryptography;
using JasperFx.Events;
using Marten.Exceptions;
using Npgsql;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>What becomes of an append that did not go through at once.</summary>
internal sealed class Retries(NpgsqlDataSource database, TimeProvider clock)
{
    private const string StaleRow = "PR001";
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
    public async Task<long> Append(Changes changes, EventMetadata origin, Func<Task<long>> send, CancellationToken ct)
    {
        var open = false;
        var started = clock.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await send();
            }
            catch (Exception e) when (MeansStale(e))
            {
                if (open && await FindOwn(changes, origin, ct) is { } sequence)
                    return sequence;

                throw await Stale(changes, ct);
            }
            catch (Exception e) when (attempt < Attempts && (WasUndone(e) || IsOpen(e)) && clock.GetElapsedTime(started) < Patience)
            {
                open |= IsOpen(e);
                await Pause(attempt, ct);
            }
            catch (Exception e) when (e is MartenException or ObjectDisposedException)
            {
                throw Cause(e) ?? new NpgsqlException("The connection to the database broke.", e);
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
            catch (Exception e) when (attempt < Attempts && WasUndone(e))
            {
                await Pause(attempt, ct);
            }
            catch (MartenException e) when (Cause(e) is { } cause)
            {
                throw cause;
            }
        }
    }

    private static bool WasUndone(Exception e) =>
        Cause(e)?.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected;

    /// <summary>The connection broke, could not be made, or the server was going down (class 57P).</summary>
    private static bool IsOpen(Exception e) => Cause(e) switch
    {
        PostgresException cause => cause.SqlState.StartsWith("57P", StringComparison.Ordinal),
        { } cause => cause.IsTransient,
        null => e is ObjectDisposedException, // Npgsql has closed the connection beneath Marten
    };

    /// <summary>What Npgsql threw, which Marten wraps.</summary>
    private static NpgsqlException? Cause(Exception? e)
    {
        while (e is not (null or NpgsqlException))
            e = e.InnerException;
        return (NpgsqlException?)e;
    }

    /// <summary>
    /// A stream or a row has another version than was expected, or is there although it was expected to be new. Marten says so by its
    /// exception, our own rows by <c>registry.stale_version()</c>.
    /// </summary>
    private static bool MeansStale(Exception e) =>
        e is EventStreamUnexpectedMaxEventIdException
        || Cause(e) is PostgresException { SqlState: StaleRow } or PostgresException { ConstraintName: "pkey_mt_streams_tenant_id_id" or "pk_mt_events_stream_and_version" };

    /// <summary>Marten's exception names the first stream of a session, so the versions are read to find the one that is stale.</summary>
    private async Task<StaleVersionException> Stale(Changes changes, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select id, version from registry.mt_streams where tenant_id = $1 and id = any($2)");
        command.Parameters.Add(Sql.Text(changes.Portal.Value));
        command.Parameters.Add(Sql.Texts([.. changes.Streams.Select(change => change.Stream)]));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var versions = new Dictionary<string, long>();
        while (await reader.ReadAsync(ct))
            versions.Add(reader.GetString(0), reader.GetInt64(1));

        var stale = changes.Streams.FirstOrDefault(change => versions.GetValueOrDefault(change.Stream) != change.ExpectedVersion) ?? changes.Streams[0];
        return new(stale.Stream, stale.ExpectedVersion);
    }

    private Task Pause(int attempt, CancellationToken ct) =>
        Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(1, 10 << attempt)), clock, ct);

    private async Task<long?> FindOwn(Changes changes, EventMetadata origin, CancellationToken ct)
    {
        var first = SessionFill.Sorted(changes)[0];
        await using var command = database.CreateCommand(
            "select seq_id from registry.mt_events where tenant_id = $1 and stream_id = $2 and version = $3 and id = $4");
        command.Parameters.Add(Sql.Text(changes.Portal.Value));
        command.Parameters.Add(Sql.Text(first.Stream));
        command.Parameters.Add(Sql.Bigint(first.ExpectedVersion + 1));
        command.Parameters.Add(Sql.Uuid(origin.FirstEvent));
        return await command.ExecuteScalarAsync(ct) as long?;
    }
}
