using System.Security.Cryptography;
using JasperFx.Events;
using Marten;
using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.ReadModels;
using PeerRegistry.Infrastructure.Snapshots;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Sessions;

/// <summary>
/// Commits a session in one transaction: the events, the read-model rows that follow from them, and the statements and documents beside them.
/// When it is committed, the snapshot of this node shows the change.
/// </summary>
internal sealed class Commits(
    IDocumentStore store, NpgsqlDataSource database, LiveFold fold, PortalSnapshots snapshots, ChangeNotifier notifier, TimeProvider clock)
{
    private const int MaxRaces = 20;
    private const int MaxFailures = 6;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Runs the work on a session and commits that. Runs it again on a fresh session where another writer was first, and where the database has
    /// undone the transaction. Does so, too, where the connection broke and it is open whether the events were written: the expected versions keep
    /// them from being written twice, and the id of the first event tells our own from another writer's.
    /// </summary>
    /// <param name="maxRaces">How often it is tried until other writers were first too often.</param>
    /// <exception cref="StaleVersionException">Another writer was first each time. Nothing was changed.</exception>
    /// <exception cref="NpgsqlException">The database stays out of reach; the events may or may not have been written.</exception>
    public async Task<T> Run<T>(
        PortalId portal, CurrentActor current, Func<IDocumentSession, Task<T>> work, CancellationToken ct, int maxRaces = MaxRaces)
    {
        var open = new List<(Commit Commit, T Result)>();
        var (races, failures, started) = (0, 0, clock.GetTimestamp());
        while (true)
        {
            await using var session = store.LightweightSession(portal.Value);
            Commit? commit = null;
            var result = default(T)!;
            try
            {
                result = await work(session);
                commit = await Prepare(portal, session, current, ct);
                if (commit is null)
                    return result;

                ct.ThrowIfCancellationRequested();
                await session.SaveChangesAsync(CancellationToken.None); // once sent it is not cancelled: that would leave open whether it was written
                await Show(commit);
                return result;
            }
            catch (Exception e) when (commit is not null || open.Count > 0 || AppendFailures.MeansStale(e))
            {
                foreach (var earlier in open)
                {
                    if (await WasWritten(earlier.Commit, ct))
                    {
                        await Show(earlier.Commit);
                        return earlier.Result;
                    }
                }

                var isOpen = commit is { Streams.Count: > 0 } && AppendFailures.IsOpen(e);
                if (isOpen)
                    open.Add((commit!, result));
                if (AppendFailures.MeansStale(e))
                {
                    if (++races >= maxRaces)
                        throw commit is null ? e : await Stale(commit, ct);
                }
                else if ((isOpen || AppendFailures.WasUndone(e)) && ++failures < MaxFailures && clock.GetElapsedTime(started) < Patience)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(1, 10 << failures)), clock, ct);
                }
                else if (AppendFailures.Unwrapped(e) is var cause && cause != e)
                {
                    throw cause;
                }
                else
                {
                    throw;
                }
            }
        }
    }

    /// <returns>Null if there is nothing to commit.</returns>
    private async Task<Commit?> Prepare(PortalId portal, IDocumentSession session, CurrentActor current, CancellationToken ct)
    {
        StreamAction[] streams = [.. session.PendingChanges.Streams()];
        var credentials = session.PendingChanges.Operations().OfType<CredentialStatement>().ToList();
        if (streams.Length == 0 && !session.PendingChanges.Operations().Any())
            return null;
        if (streams.Zip(streams.Skip(1)).Any(pair => string.CompareOrdinal(pair.First.Key, pair.Second.Key) > 0))
            throw new InvalidOperationException("Streams are appended to in the order of their names, so that two commands cannot lock each other out.");

        var metadata = EventMetadata.Of(current, clock);
        foreach (var e in streams.SelectMany(stream => stream.Events))
            metadata.Describe(e);
        var rows = await fold.Fold(portal, streams, metadata, ct);
        foreach (var row in rows)
            session.QueueOperation(new StatementOperation(row.Model.Upsert(portal, row)));
        return new(portal, streams, rows, credentials);
    }

    private async Task Show(Commit commit)
    {
        snapshots.Apply(commit.Portal, commit.Rows);
        if (commit.Streams.Count > 0 || commit.Credentials.Count > 0)
            notifier.Changed(commit.Streams.SelectMany(stream => stream.Events).Max(e => (long?)e.Sequence) ?? 0);
        if (commit.Credentials.Count == 0)
            return;

        foreach (var revoked in commit.Credentials.Select(statement => statement.Revoked).OfType<Func<Credential, bool>>())
            snapshots.Revoke(commit.Portal, revoked);
        try
        {
            await snapshots.LoadCredentials([commit.Portal], CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // They are written, and what was revoked is gone already; SnapshotFollower reads the rest within a second.
        }
    }

    /// <summary>Marten's exception names the first stream of a session, so the versions are read to find the one that is stale.</summary>
    private async Task<StaleVersionException> Stale(Commit commit, CancellationToken ct)
    {
        await using var command = database.CreateCommand("select id, version from registry.mt_streams where tenant_id = $1 and id = any($2)");
        command.Parameters.Add(Sql.Text(commit.Portal.Value));
        command.Parameters.Add(Sql.Texts([.. commit.Streams.Select(stream => stream.Key!)]));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var versions = new Dictionary<string, long>();
        while (await reader.ReadAsync(ct))
            versions.Add(reader.GetString(0), reader.GetInt64(1));

        var stale = commit.Streams.FirstOrDefault(stream => versions.GetValueOrDefault(stream.Key!) != stream.ExpectedVersionOnServer) ?? commit.Streams[0];
        return new(stale.Key!, stale.ExpectedVersionOnServer!.Value);
    }

    private async Task<bool> WasWritten(Commit commit, CancellationToken ct)
    {
        var first = commit.Streams[0];
        await using var command = database.CreateCommand(
            "select true from registry.mt_events where tenant_id = $1 and stream_id = $2 and version = $3 and id = $4");
        command.Parameters.Add(Sql.Text(commit.Portal.Value));
        command.Parameters.Add(Sql.Text(first.Key));
        command.Parameters.Add(Sql.Bigint(first.ExpectedVersionOnServer!.Value + 1));
        command.Parameters.Add(Sql.Uuid(first.Events[0].Id));
        return await command.ExecuteScalarAsync(ct) is true;
    }

    private sealed record Commit(
        PortalId Portal, IReadOnlyList<StreamAction> Streams, IReadOnlyList<FoldedRow> Rows, IReadOnlyList<CredentialStatement> Credentials);
}
