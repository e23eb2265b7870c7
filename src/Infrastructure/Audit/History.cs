using Npgsql;
using PeerRegistry.Application.Audit;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.EventStore;

namespace PeerRegistry.Infrastructure.Audit;

internal sealed class History(NpgsqlDataSource database, EventRows rows) : IHistory
{
    private const string Latest =
        $"""
        select seq_id, {EventRows.Columns} from registry.mt_events
        where tenant_id = $1 and seq_id < $2 and ($3 = '' or stream_id = $3 or (right($3, 1) = '-' and starts_with(stream_id, $3)))
        order by seq_id desc limit $4
        """;

    async Task<IReadOnlyList<Recorded>> IHistory.Latest(PortalId portal, string? stream, long before, int limit, CancellationToken ct)
    {
        await using var command = database.CreateCommand(Latest);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Bigint(before));
        command.Parameters.Add(Sql.Text(stream ?? ""));
        command.Parameters.Add(Sql.Bigint(limit));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var events = new List<Recorded>();
        while (await reader.ReadAsync(ct))
            events.Add(rows.Read(reader));

        return events;
    }
}
