using JasperFx.Events;
using Marten.Exceptions;
using Npgsql;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>An append expected another version of a stream than is there.</summary>
public sealed class StaleVersionException(string stream, long expected)
    : Exception($"Stream {stream} is no longer at version {expected}.");

/// <summary>What the failure of a commit means.</summary>
internal static class AppendFailures
{
    private const string StaleRow = "PR001";

    /// <summary>Whether the transaction lost a deadlock or a serialization conflict and was rolled back.</summary>
    public static bool WasUndone(Exception e) =>
        Cause(e)?.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected;

    /// <summary>
    /// Whether it is uncertain that the transaction was committed: the connection broke or could not be made, or the server was shutting down (class 57P).
    /// </summary>
    public static bool IsOpen(Exception e) => Cause(e) switch
    {
        PostgresException cause => cause.SqlState.StartsWith("57P", StringComparison.Ordinal),
        { } cause => cause.IsTransient,
        null => e is ObjectDisposedException, // Npgsql has closed the connection beneath Marten
    };

    /// <summary>
    /// Whether a stream or a row has another version than expected, or exists although it was expected to be new. Marten reports that by its exception,
    /// our own rows by <c>registry.stale_version()</c>.
    /// </summary>
    public static bool MeansStale(Exception e) =>
        e is EventStreamUnexpectedMaxEventIdException or StaleVersionException
        || Cause(e) is PostgresException { SqlState: StaleRow }
            or PostgresException { ConstraintName: "pkey_mt_streams_tenant_id_id" or "pk_mt_events_stream_and_version" };

    /// <returns>The exception of Npgsql that Marten has wrapped, or the exception itself if it is not one of the database.</returns>
    public static Exception Unwrapped(Exception e) => e is MartenException or ObjectDisposedException
        ? Cause(e) ?? new NpgsqlException("The connection to the database broke.", e)
        : e;

    private static NpgsqlException? Cause(Exception? e)
    {
        while (e is not (null or NpgsqlException))
            e = e.InnerException;
        return (NpgsqlException?)e;
    }
}
