using Npgsql;

namespace PeerRegistry.Infrastructure.EventStore;

/// <summary>
/// Reads events in order of sequence number and says how far they may be relied on. Numbers are taken before a transaction
/// commits, so a number may be missing because its writer rolled back (it stays missing) or because it has not committed yet
/// (it will appear). A writer owns a transaction id before it takes its first number; so, once a gap was seen, every
/// transaction that could fill it has an id below the xmax of a snapshot taken then. When the oldest running transaction has
/// reached that id, one more reading shows what the gap holds for good.
/// </summary>
/// <param name="columns">Of mt_events; column 0 of what <paramref name="map"/> sees is always the sequence number.</param>
internal sealed class EventTail<T>(NpgsqlDataSource database, string columns, Func<NpgsqlDataReader, T> map, long after)
{
    private readonly string events = $"select seq_id, {columns} from registry.mt_events where seq_id > $1 order by seq_id limit $2";
    private (long UpTo, ulong NextId)? horizon;

    /// <summary>Everything up to this number has been read and will not change.</summary>
    public long After { get; private set; } = after;

    /// <summary>A gap keeps this reader from going on.</summary>
    public bool HeldBack => horizon is not null;

    /// <summary>
    /// One round trip, three statements, each with a snapshot of its own: the oldest running transaction, the events, the id
    /// that the next transaction will get.
    /// </summary>
    /// <returns>Events after <see cref="After"/> as it was, and how many of them, from the first, are settled. What is not
    /// settled comes again.</returns>
    public async Task<(IReadOnlyList<(long Sequence, T Event)> Seen, int Settled)> Read(int limit, CancellationToken ct)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new("select pg_snapshot_xmin(pg_current_snapshot())"));
        batch.BatchCommands.Add(new(events) { Parameters = { Sql.Bigint(After), Sql.Bigint(limit) } });
        batch.BatchCommands.Add(new("select pg_snapshot_xmax(pg_current_snapshot())"));
        await using var reader = await batch.ExecuteReaderAsync(ct);

        await reader.ReadAsync(ct);
        var oldest = reader.GetFieldValue<ulong>(0);
        await reader.NextResultAsync(ct);
        var seen = new List<(long Sequence, T Event)>();
        while (await reader.ReadAsync(ct))
            seen.Add((reader.GetInt64(0), map(reader)));
        await reader.NextResultAsync(ct);
        await reader.ReadAsync(ct);
        var next = reader.GetFieldValue<ulong>(0);

        return (seen, Settle(seen, oldest, next));
    }

    private int Settle(List<(long Sequence, T Event)> seen, ulong oldest, ulong next)
    {
        var final = horizon is { } reached && oldest >= reached.NextId ? reached.UpTo : 0;
        var settled = 0;
        while (settled < seen.Count && (seen[settled].Sequence == After + 1 || seen[settled].Sequence <= final))
            After = seen[settled++].Sequence;

        if (horizon is { } passed && After >= passed.UpTo)
            horizon = null;
        if (horizon is null && settled < seen.Count)
            horizon = (seen[^1].Sequence, next);
        return settled;
    }
}
