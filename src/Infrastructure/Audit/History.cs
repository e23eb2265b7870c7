using Npgsql;
using PeerRegistry.Application.Audit;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Audit;

internal sealed class History(NpgsqlDataSource database, EventRows rows) : IHistory
{
    private const string Wanted =
        $"""
        select seq_id, {EventRows.Columns} from registry.mt_events
        where tenant_id = $1 and stream_id <> '{RegistryStore.FillerStream}' and ($3 = '' or stream_id = $3 or (right($3, 1) = '-' and starts_with(stream_id, $3))) and ($4 = '' or type = $4)
        """;

    private const string OldestFirst = $"{Wanted} and seq_id > $2 order by seq_id limit $5";
    private const string LatestFirst = $"{Wanted} and seq_id < $2 order by seq_id desc limit $5";

    public Task<IReadOnlyList<Recorded>> Later(PortalId portal, string? stream, string? type, long after, int limit, CancellationToken ct) =>
        Read(OldestFirst, portal, stream, type, after, limit, ct);

    public Task<IReadOnlyList<Recorded>> Latest(PortalId portal, string? stream, long before, int limit, CancellationToken ct) =>
        Read(LatestFirst, portal, stream, null, before, limit, ct);

    private async Task<IReadOnlyList<Recorded>> Read(
        string statement, PortalId portal, string? stream, string? type, long from, int limit, CancellationToken ct)
    {
        await using var command = database.CreateCommand(statement);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Bigint(from));
        command.Parameters.Add(Sql.Text(stream ?? ""));
        command.Parameters.Add(Sql.Text(type ?? ""));
        command.Parameters.Add(Sql.Bigint(limit));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var events = new List<Recorded>();
        while (await reader.ReadAsync(ct))
            events.Add(rows.Read(reader));

        return events;
    }
}
