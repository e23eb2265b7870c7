using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Infrastructure.ReadModels;
using PeerRegistry.Infrastructure.Snapshots;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>Folds the events of an append into the rows that they change, before they are written.</summary>
internal sealed class LiveFold(NpgsqlDataSource database, IReadOnlyList<ReadModel> models, PortalSnapshots snapshots)
{
    /// <exception cref="StaleVersionException">A row has been folded to another version than the append expects.</exception>
    public async ValueTask<IReadOnlyList<FoldedRow>> Fold(Changes changes, EventMetadata origin, CancellationToken ct)
    {
        var folded = new List<FoldedRow>(changes.Streams.Count);
        foreach (var change in changes.Streams)
        {
            foreach (var model in models)
            {
                if (model.Projection.TryGetKey(change.Stream, out var key))
                    folded.Add(Fold(changes, change, origin, await Current(changes, change, model, key, ct)));
            }
        }

        return folded;
    }

    private static FoldedRow Fold(Changes changes, StreamChange change, EventMetadata origin, FoldedRow current)
    {
        var row = current.Row;
        var version = change.ExpectedVersion;
        foreach (var e in change.Events)
        {
            var recorded = new Recorded(
                0, changes.Portal, change.Stream, ++version, e, origin.At, origin.Actor, origin.Reason, origin.CorrelationId);
            row = current.Model.Projection.Fold(row, recorded);
        }

        return current with { Version = version, Row = row };
    }

    /// <summary>The row as held in memory; from its table where another node has moved it since.</summary>
    private async ValueTask<FoldedRow> Current(Changes changes, StreamChange change, ReadModel model, string key, CancellationToken ct)
    {
        var held = snapshots.FindRow(changes.Portal, model, key);
        if (held.Version == change.ExpectedVersion || change.ExpectedVersion == 0)
            return new(model, key, held.Version, held.Version == change.ExpectedVersion ? held.Row : null);

        var loaded = await model.Load(database, changes.Portal, key, ct);
        snapshots.Apply(changes.Portal, [loaded]);
        return loaded.Version == change.ExpectedVersion ? loaded : throw new StaleVersionException(change.Stream, change.ExpectedVersion);
    }
}
