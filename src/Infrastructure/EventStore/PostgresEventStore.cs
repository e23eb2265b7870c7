using Npgsql;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Snapshots;

namespace PeerRegistry.Infrastructure.EventStore;

/// <summary>Events in PostgreSQL, in the tables of Marten 9 (docs/adr/0004).</summary>
internal sealed class PostgresEventStore(
    NpgsqlDataSource database,
    AppendBatch statements,
    Retries retries,
    EventRows rows,
    LiveFold fold,
    PortalSnapshots snapshots,
    EventSubscription subscription,
    ChangeNotifier notifier,
    TimeProvider clock) : IEventStore, IAlongsideRows
{
    private const string Stream =
        $"""
        select seq_id, {EventRows.Columns} from registry.mt_events
        where tenant_id = $1 and stream_id = $2 and version <= $3 and timestamp <= $4 order by version
        """;

    public async Task<IReadOnlyList<Recorded>> ReadStream(PortalId portal, string stream, StreamLimit limit, CancellationToken ct)
    {
        await using var command = database.CreateCommand(Stream);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(stream));
        command.Parameters.Add(Sql.Bigint(limit.ToVersion ?? long.MaxValue));
        command.Parameters.Add(Sql.Time(limit.ToTime ?? DateTimeOffset.MaxValue));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var events = new List<Recorded>();
        while (await reader.ReadAsync(ct))
            events.Add(rows.Read(reader));

        return events;
    }

    public async Task<IReadOnlyList<long>> Append(Changes changes, CancellationToken ct)
    {
        if (changes.Streams.Count == 0 || changes.Streams.Any(change => change.Events.Count == 0))
            throw new ArgumentException("An append has events for every stream it names.", nameof(changes));

        var origin = Origin.Of(changes, clock);
        var folded = await fold.Fold(changes, origin, ct);
        var sequence = await retries.Append(changes, origin, () => Send(batch => statements.Fill(batch, changes, origin, folded), ct), ct);

        snapshots.Apply(changes.Portal, folded);
        notifier.Changed(sequence);
        await ShowCredentials(changes.Portal, changes.Alongside);
        return [.. changes.Streams.Select(change => change.ExpectedVersion + change.Events.Count)];
    }

    public async Task Write(PortalId portal, IReadOnlyList<IAlongside> rows, CancellationToken ct)
    {
        await retries.Write(() => Send(batch => statements.AddAlongside(batch, portal, rows), ct), ct);
        if (CredentialRows.Change(rows))
            notifier.Changed(0);
        await ShowCredentials(portal, rows);
    }

    public IAsyncEnumerable<Recorded> Subscribe(long after, CancellationToken ct) => subscription.From(after, ct);

    /// <summary>
    /// One round trip, one implicit transaction. Once sent it is not cancelled: that would leave open whether it was written.
    /// </summary>
    /// <returns>The highest sequence number taken; 0 without events.</returns>
    private async Task<long> Send(Action<NpgsqlBatch> fill, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var batch = connection.CreateBatch();
        fill(batch);
        await using var reader = await batch.ExecuteReaderAsync(CancellationToken.None);
        var sequence = 0L;
        do
        {
            while (await reader.ReadAsync(CancellationToken.None))
                sequence = reader.GetInt64(0);
        }
        while (await reader.NextResultAsync(CancellationToken.None));

        return sequence;
    }

    private async Task ShowCredentials(PortalId portal, IReadOnlyList<IAlongside> alongside)
    {
        if (!CredentialRows.Change(alongside))
            return;

        snapshots.Revoke(portal, alongside.OfType<RevokeCredentials>());
        try
        {
            await snapshots.LoadCredentials([portal], CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // They are written, and what was revoked is gone already; SnapshotFollower reads the rest within a second.
        }
    }
}
