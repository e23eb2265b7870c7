using Marten;
using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Snapshots;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>Events in Marten, one session for each append.</summary>
internal sealed class MartenEventStore(
    IDocumentStore store,
    NpgsqlDataSource database,
    SessionFill sessions,
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

        var origin = EventMetadata.Of(changes, clock);
        var folded = await fold.Fold(changes, origin, ct);
        ct.ThrowIfCancellationRequested();
        var sequence = await retries.Append(changes, origin, () => Save(changes.Portal, session => sessions.Fill(session, changes, origin, folded)), ct);

        snapshots.Apply(changes.Portal, folded);
        notifier.Changed(sequence);
        await ShowCredentials(changes.Portal, changes.Alongside);
        return [.. changes.Streams.Select(change => change.ExpectedVersion + change.Events.Count)];
    }

    public async Task Write(PortalId portal, IReadOnlyList<IAlongside> rows, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        await retries.Write(() => Save(portal, session => sessions.AddAlongside(session, portal, rows)), ct);
        if (CredentialRows.Change(rows))
            notifier.Changed(0);
        await ShowCredentials(portal, rows);
    }

    public IAsyncEnumerable<Recorded> Subscribe(long after, CancellationToken ct) => subscription.From(after, ct);

    /// <summary>One transaction. Once sent it is not cancelled: that would leave open whether it was written.</summary>
    /// <returns>The highest sequence number taken; 0 without events.</returns>
    private async Task<long> Save(PortalId portal, Action<IDocumentSession> fill)
    {
        await using var session = store.LightweightSession(portal.Value);
        fill(session);
        var appended = session.PendingChanges.Streams();
        await session.SaveChangesAsync(CancellationToken.None);
        return appended.SelectMany(stream => stream.Events).Max(e => (long?)e.Sequence) ?? 0;
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
