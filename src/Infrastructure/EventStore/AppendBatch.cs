using System.Collections.Frozen;
using Npgsql;
using NpgsqlTypes;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.ReadModels;

namespace PeerRegistry.Infrastructure.EventStore;

/// <summary>
/// The statements of one append, sent together as one implicit transaction. Their order is a guarantee: the stream rows, sorted
/// so that appends to several streams cannot lock each other out, come first and give the transaction its id; only then are
/// sequence numbers taken. A reader relies on it (<see cref="EventTail{T}"/>).
/// </summary>
internal sealed class AppendBatch(EventSerializer serializer, IEnumerable<IAlongsideWriter> writers)
{
    private const string NewStream =
        "insert into registry.mt_streams (tenant_id, id, version, timestamp, created) values ($1, $2, $3, $4, $4)";

    // A stream that is not there updates nothing; the foreign key of its events then ends the batch.
    private const string GrownStream =
        """
        update registry.mt_streams set version = case version when $5 then $3 else registry.stale_version() end, timestamp = $4
        where tenant_id = $1 and id = $2
        """;

    private const string Event =
        """
        insert into registry.mt_events
            (seq_id, id, stream_id, version, data, type, timestamp, tenant_id, mt_dotnet_type, correlation_id, causation_id, headers)
        values (nextval('registry.mt_events_sequence'), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning seq_id
        """;

    private readonly FrozenDictionary<Type, IAlongsideWriter> writers = writers.ToFrozenDictionary(writer => writer.Row);

    public void Fill(NpgsqlBatch batch, Changes changes, Origin origin, IReadOnlyList<FoldedRow> rows)
    {
        var sorted = Sorted(changes);
        foreach (var change in sorted)
            batch.BatchCommands.Add(Stream(changes.Portal, change, origin));

        var headers = origin.Headers();
        foreach (var change in sorted)
            AddEvents(batch, changes.Portal, change, origin, headers, change == sorted[0] ? origin.FirstEvent : null);
        foreach (var row in rows)
            batch.BatchCommands.Add(row.Model.Upsert(changes.Portal, row));
        AddAlongside(batch, changes.Portal, changes.Alongside);
    }

    /// <summary>The order in which streams are locked.</summary>
    public static IReadOnlyList<StreamChange> Sorted(Changes changes) => changes.Streams.Count == 1
        ? changes.Streams
        : [.. changes.Streams.OrderBy(change => change.Stream, StringComparer.Ordinal)];

    /// <exception cref="InvalidOperationException">A kind of row has no writer.</exception>
    public void AddAlongside(NpgsqlBatch batch, PortalId portal, IReadOnlyList<IAlongside> alongside)
    {
        foreach (var row in alongside)
        {
            var writer = writers.GetValueOrDefault(row.GetType())
                ?? throw new InvalidOperationException($"{row.GetType().FullName} has no writer.");
            foreach (var command in writer.Write(portal, row))
                batch.BatchCommands.Add(command);
        }

        if (CredentialRows.Change(alongside))
            batch.BatchCommands.Add(CredentialRows.NextRevision(portal));
    }

    private static NpgsqlBatchCommand Stream(PortalId portal, StreamChange change, Origin origin)
    {
        var command = new NpgsqlBatchCommand(change.ExpectedVersion == 0 ? NewStream : GrownStream);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(change.Stream));
        command.Parameters.Add(Sql.Bigint(change.ExpectedVersion + change.Events.Count));
        command.Parameters.Add(Sql.Time(origin.At));
        if (change.ExpectedVersion != 0)
            command.Parameters.Add(Sql.Bigint(change.ExpectedVersion));
        return command;
    }

    private void AddEvents(NpgsqlBatch batch, PortalId portal, StreamChange change, Origin origin, byte[] headers, Guid? firstId)
    {
        var version = change.ExpectedVersion;
        foreach (var e in change.Events)
        {
            var type = serializer.TypeOf(e);
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Event)
            {
                Parameters =
                {
                    Sql.Uuid(firstId ?? RowId.Create()),
                    Sql.Text(change.Stream),
                    Sql.Bigint(++version),
                    Sql.Json(serializer.Write(e)),
                    Sql.Text(type.Wire),
                    Sql.Time(origin.At),
                    Sql.Text(portal.Value),
                    Sql.Text(type.Dotnet),
                    Sql.Text(origin.CorrelationId),
                    Sql.Text(origin.CausationId),
                    Sql.Json(headers),
                },
            });
            firstId = null;
        }
    }
}
