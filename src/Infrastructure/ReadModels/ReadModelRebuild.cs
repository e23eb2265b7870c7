using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.ReadModels;

/// <summary>
/// Makes a read model from zero: folds every event that feeds it, in order of sequence, in memory; copies the rows into a shadow
/// table; puts that in the table's place. All in one transaction that lets nobody append meanwhile, so that the rows are those
/// that the live fold would have left.
/// </summary>
internal sealed class ReadModelRebuild(
    NpgsqlDataSource database, EventRows events, IReadOnlyList<ReadModel> models, ILogger<ReadModelRebuild> log)
{
    private const long Lock = 0x7065_6572_7265_6732;
    private const int ReportEvery = 100_000;

    /// <summary>Rebuilds every read model whose table does not hold its present number; nodes that start together take turns.</summary>
    /// <exception cref="UnknownEventTypeException">The table stays as it was.</exception>
    public async Task BuildMissing(CancellationToken ct)
    {
        foreach (var model in models)
            await Build(model, evenIfPresent: false, ct);
    }

    public Task Build(ReadModel model, CancellationToken ct) => Build(model, evenIfPresent: true, ct);

    private async Task Build(ReadModel model, bool evenIfPresent, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await connection.Execute($"select pg_advisory_xact_lock({Lock})", ct);
        if (!evenIfPresent && await IsPresent(connection, model, ct))
            return;

        var started = Stopwatch.GetTimestamp();
        await connection.Execute("lock table registry.mt_streams in share mode", ct);
        var (rows, count) = await FoldAll(connection, model, ct);
        await CopyToShadow(connection, model, rows, ct);
        await Swap(connection, model, ct);
        await transaction.CommitAsync(ct);
        log.LogInformation(
            "Read model {Name} built from {Events} events in {Streams} streams within {Elapsed}.",
            model.Projection.Name, count, rows.Count, Stopwatch.GetElapsedTime(started));
    }

    private async Task<(Dictionary<(PortalId Portal, string Key), Folded> Rows, long Count)> FoldAll(
        NpgsqlConnection connection, ReadModel model, CancellationToken ct)
    {
        var streams = model.Projection.Streams;
        await using var command = new NpgsqlCommand(
            $"select seq_id, {EventRows.Columns} from registry.mt_events where {Matching(streams)} order by seq_id", connection)
        {
            CommandTimeout = 0,
            Parameters = { Sql.Text(streams) },
        };
        var rows = new Dictionary<(PortalId, string), Folded>();
        var count = 0L;
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var e = events.ReadForFold(reader);
            if (!model.Projection.TryGetKey(e.Stream, out var key))
                continue;

            ref var folded = ref CollectionsMarshal.GetValueRefOrAddDefault(rows, (e.Portal, key), out _);
            folded = new(e.Version, model.Projection.Fold(folded.Row, e.Data, e.At));
            if (++count % ReportEvery == 0)
                log.LogInformation("Read model {Name}: {Events} events folded.", model.Projection.Name, count);
        }

        return (rows, count);
    }

    private static string Matching(string streams) => streams[^1] == '-' ? "starts_with(stream_id, $1)" : "stream_id = $1";

    private static async Task CopyToShadow(
        NpgsqlConnection connection, ReadModel model, Dictionary<(PortalId Portal, string Key), Folded> rows, CancellationToken ct)
    {
        var shadow = $"registry.{model.Table}_shadow";
        await connection.Execute(
            $"""
            drop table if exists {shadow};
            create table {shadow} (portal_id text not null, key text not null, version bigint not null, row jsonb null)
            """,
            ct);
        await using var copy = await connection.BeginBinaryImportAsync($"copy {shadow} (portal_id, key, version, row) from stdin (format binary)", ct);
        foreach (var ((portal, key), folded) in rows)
        {
            await copy.StartRowAsync(ct);
            await copy.WriteAsync(portal.Value, NpgsqlDbType.Text, ct);
            await copy.WriteAsync(key, NpgsqlDbType.Text, ct);
            await copy.WriteAsync(folded.Version, NpgsqlDbType.Bigint, ct);
            if (folded.Row is null)
                await copy.WriteNullAsync(ct);
            else
                await copy.WriteAsync(model.Projection.Write(folded.Row), NpgsqlDbType.Jsonb, ct);
        }

        await copy.CompleteAsync(ct);
    }

    private static async Task Swap(NpgsqlConnection connection, ReadModel model, CancellationToken ct)
    {
        await connection.Execute(
            $"""
            drop table if exists registry.{model.Table};
            alter table registry.{model.Table}_shadow rename to {model.Table};
            alter table registry.{model.Table} add constraint {model.Table}_pkey primary key (portal_id, key)
            """,
            ct);
        await using var record = new NpgsqlCommand(
            """
            insert into registry.read_models (table_name, number) values ($1, $2)
            on conflict (table_name) do update set number = excluded.number, built_at = now()
            """,
            connection)
        {
            Parameters = { Sql.Text(model.Table), Sql.Text(model.Number) },
        };
        await record.ExecuteNonQueryAsync(ct);
    }

    private static async Task<bool> IsPresent(NpgsqlConnection connection, ReadModel model, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select number from registry.read_models where table_name = $1", connection)
        {
            Parameters = { Sql.Text(model.Table) },
        };
        return await command.ExecuteScalarAsync(ct) as string == model.Number;
    }

    private readonly record struct Folded(long Version, object? Row);
}
