using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.ReadModels;

internal sealed class Aggregates(NpgsqlDataSource database, IReadOnlyList<ReadModel> models) : IAggregates
{
    async Task<(TState? State, long Version)> IAggregates.Read<TState, TEvent>(PortalId portal, string stream, CancellationToken ct)
        where TState : class
    {
        if (ReadModel.Find(models, stream) is not var (model, key))
            throw new ArgumentException($"No read model holds stream {stream}.", nameof(stream));

        var row = await model.Load(database, portal, key, ct);
        return ((TState?)row.Row, row.Version);
    }
}
