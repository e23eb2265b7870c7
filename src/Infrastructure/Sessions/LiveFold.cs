using JasperFx.Events;
using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.ReadModels;
using PeerRegistry.Infrastructure.Snapshots;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Sessions;

/// <summary>Folds the events of a session into the rows that they change, before they are written.</summary>
internal sealed class LiveFold(NpgsqlDataSource database, IReadOnlyList<ReadModel> models, PortalSnapshots snapshots)
{
    /// <exception cref="StaleVersionException">A row has been folded to another version than the session expects.</exception>
    public async ValueTask<IReadOnlyList<FoldedRow>> Fold(
        PortalId portal, IReadOnlyList<StreamAction> streams, EventMetadata metadata, CancellationToken ct)
    {
        var folded = new List<FoldedRow>(streams.Count);
        foreach (var stream in streams)
        {
            if (ReadModel.Find(models, stream.Key!) is var (model, key))
                folded.Add(Fold(portal, stream, metadata, await Current(portal, stream, model, key, ct)));
        }

        return folded;
    }

    private static FoldedRow Fold(PortalId portal, StreamAction stream, EventMetadata metadata, FoldedRow current)
    {
        var row = current.Row;
        foreach (var e in stream.Events)
            row = current.Model.Projection.Fold(row, (DomainEvent)e.Data, metadata.At);

        return current with { Version = stream.ExpectedVersionOnServer!.Value + stream.Events.Count, Row = row };
    }

    /// <summary>The row as held in memory; from its table where another node has moved it since.</summary>
    private async ValueTask<FoldedRow> Current(PortalId portal, StreamAction stream, ReadModel model, string key, CancellationToken ct)
    {
        var expected = stream.ExpectedVersionOnServer!.Value;
        var held = snapshots.FindRow(portal, model, key);
        if (held.Version == expected || expected == 0)
            return new(model, key, held.Version, held.Version == expected ? held.Row : null);

        var loaded = await model.Load(database, portal, key, ct);
        snapshots.Apply(portal, [loaded]);
        return loaded.Version == expected ? loaded : throw new StaleVersionException(stream.Key!, expected);
    }
}
