using System.Text.RegularExpressions;
using Npgsql;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.ReadModels;

/// <param name="Version">Of the stream, after its last folded event.</param>
/// <param name="Row">Null: folded to nothing.</param>
internal readonly record struct FoldedRow(ReadModel Model, string Key, long Version, object? Row);

/// <summary>A projection and its table.</summary>
internal sealed partial class ReadModel
{
    private readonly string upsert;
    private readonly string one;
    private readonly string some;

    public ReadModel(IProjection projection, int index)
    {
        var name = Name().Match(projection.Name);
        if (!name.Success)
            throw new InvalidOperationException($"A projection is named like peer_list/1, not {projection.Name}.");

        Projection = projection;
        Index = index;
        Table = name.Groups["table"].Value;
        Number = name.Groups["number"].Value;
        upsert =
            $"""
            insert into registry.{Table} (portal_id, key, version, row) values ($1, $2, $3, $4)
            on conflict (portal_id, key) do update set version = excluded.version, row = excluded.row
            """;
        one = $"select version, row from registry.{Table} where portal_id = $1 and key = $2";
        some =
            $"""
            select portal_id, key, version, row from registry.{Table}
            where (portal_id, key) in (select * from unnest($1, $2))
            """;
    }

    public IProjection Projection { get; }

    public int Index { get; }

    public string Table { get; }

    public string Number { get; }

    public static IReadOnlyList<ReadModel> Of(IEnumerable<IProjection> projections)
    {
        ReadModel[] models = [.. projections.Select((projection, index) => new ReadModel(projection, index))];
        var twice = models.GroupBy(model => model.Table).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
            throw new InvalidOperationException($"Two projections write table {twice.Key}.");

        var folded = models.GroupBy(model => model.Projection.Streams).FirstOrDefault(group => group.Count() > 1);
        return folded is null ? models : throw new InvalidOperationException($"Two projections hold streams {folded.Key}.");
    }

    /// <summary>The read model that holds the state of a stream, and the key of its row, or null if none does.</summary>
    public static (ReadModel Model, string Key)? Find(IReadOnlyList<ReadModel> models, string stream)
    {
        foreach (var model in models)
        {
            if (model.Projection.TryGetKey(stream, out var key))
                return (model, key);
        }

        return null;
    }

    public NpgsqlBatchCommand Upsert(PortalId portal, FoldedRow row) => new(upsert)
    {
        Parameters =
        {
            Sql.Text(portal.Value),
            Sql.Text(row.Key),
            Sql.Bigint(row.Version),
            Sql.Json(row.Row is null ? null : Projection.Write(row.Row)),
        },
    };

    /// <returns>Version 0 where there is no row.</returns>
    public async Task<FoldedRow> Load(NpgsqlDataSource database, PortalId portal, string key, CancellationToken ct)
    {
        await using var command = database.CreateCommand(one);
        command.Parameters.Add(Sql.Text(portal.Value));
        command.Parameters.Add(Sql.Text(key));
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new(this, key, reader.GetInt64(0), RowOf(reader, 1)) : new(this, key, 0, null);
    }

    public async Task<IReadOnlyList<(PortalId Portal, FoldedRow Row)>> Load(
        NpgsqlConnection connection, IReadOnlyCollection<(string Portal, string Key)> keys, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(some, connection)
        {
            Parameters = { Sql.Texts([.. keys.Select(key => key.Portal)]), Sql.Texts([.. keys.Select(key => key.Key)]) },
        };
        return await ReadAll(command, ct);
    }

    public async Task<IReadOnlyList<(PortalId Portal, FoldedRow Row)>> LoadAll(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand($"select portal_id, key, version, row from registry.{Table}", connection);
        return await ReadAll(command, ct);
    }

    private async Task<IReadOnlyList<(PortalId, FoldedRow)>> ReadAll(NpgsqlCommand command, CancellationToken ct)
    {
        var rows = new List<(PortalId, FoldedRow)>();
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            rows.Add((PortalId.Parse(reader.GetString(0)), new(this, reader.GetString(1), reader.GetInt64(2), RowOf(reader, 3))));

        return rows;
    }

    private object? RowOf(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : Projection.Read(reader.GetFieldValue<byte[]>(column));

    [GeneratedRegex("^(?<table>[a-z][a-z_]{0,40})/(?<number>[0-9]+)$")]
    private static partial Regex Name();
}
