using Npgsql;
using NpgsqlTypes;
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
        where tenant_id = $1 and stream_id <> '{RegistryStore.FillerStream}' and ($3 = '' or stream_id = $3 or (right($3, 1) = '-' and starts_with(stream_id, $3)))
          and ($4::text[] is null or type = any($4)) and ($6::text[] is null or stream_id = any($6))
          and ($7::timestamptz is null or timestamp >= $7) and ($8::timestamptz is null or timestamp < $8)
        """;

    private const string OldestFirst = $"{Wanted} and seq_id > $2 order by seq_id limit $5";
    private const string LatestFirst = $"{Wanted} and seq_id < $2 order by seq_id desc limit $5";

    public Task<IReadOnlyList<Recorded>> Later(PortalId portal, HistoryFilter filter, long after, int limit, CancellationToken ct) =>
        Read(OldestFirst, portal, filter, after, limit, ct);

    public Task<IReadOnlyList<Recorded>> Latest(PortalId portal, HistoryFilter filter, long before, int limit, CancellationToken ct) =>
        Read(LatestFirst, portal, filter, before, limit, ct);

    private async Task<IReadOnlyList<Recorded>> Read(string statement, PortalId portal, HistoryFilter filter, long from, int limit, CancellationToken ct)
    {
        await using var command = database.CreateCommand(statement);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Bigint(from));
        command.Parameters.Add(Sql.Text(filter.Stream ?? ""));
        command.Parameters.Add(Sql.TextsOrNull(filter.Types));
        command.Parameters.Add(Sql.Bigint(limit));
        command.Parameters.Add(Sql.TextsOrNull(filter.Streams));
        command.Parameters.Add(Sql.Time(filter.From));
        command.Parameters.Add(Sql.Time(filter.Until));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var events = new List<Recorded>();
        while (await reader.ReadAsync(ct))
            events.Add(rows.Read(reader));

        return events;
    }
}
