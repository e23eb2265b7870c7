using Npgsql;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>
/// Reads events in order of sequence number and says how far they may be relied on. Numbers are taken before a transaction
/// commits, so a number may be missing because its writer rolled back (it stays missing) or because it has not committed yet
/// (it will appear). A writer owns a transaction id before it takes its first number. So every transaction that could fill a gap is
/// among the <see cref="RunningWriters"/> listed after the gap was seen. Once none of those runs any longer, one more reading shows
/// what the gap holds for good.
/// </summary>
/// <param name="columns">Columns of <c>mt_events</c>. For <paramref name="map"/>, column 0 is always the sequence number.</param>
internal sealed class EventTail<T>(NpgsqlDataSource database, string columns, Func<NpgsqlDataReader, T> map, long after)
{
    private readonly string events = $"select seq_id, {columns} from registry.mt_events where seq_id > $1 order by seq_id limit $2";

    /// <summary>
    /// The gap that is being waited for, or null: the last number read when it was seen, and the transactions that may fill it or any
    /// other gap up to there.
    /// </summary>
    private (long UpTo, HashSet<string> Writers)? horizon;

    /// <summary>Everything up to this number has been read and will not change.</summary>
    public long After { get; private set; } = after;

    /// <summary>Whether this reader waits at a gap.</summary>
    public bool HeldBack => horizon is not null;

    /// <summary>Takes one round trip if there is no gap, else three.</summary>
    /// <returns>Events after <see cref="After"/> as it was, and how many of them, from the first, are settled. What is not
    /// settled comes again.</returns>
    public async Task<(IReadOnlyList<(long Sequence, T Event)> Seen, int Settled)> Read(int limit, CancellationToken ct)
    {
        var final = 0L;
        if (horizon is { } open && !open.Writers.Overlaps(await RunningWriters.Read(database, ct)))
            final = open.UpTo;
        var seen = await ReadEvents(limit, ct);
        var settled = CountSettled(seen, final);
        var reached = settled == 0 ? After : seen[settled - 1].Sequence;
        var next = horizon is { } passed && reached >= passed.UpTo ? null : horizon;
        if (next is null && settled < seen.Count)
            next = (seen[^1].Sequence, await RunningWriters.Read(database, ct));
        (After, horizon) = (reached, next); // only now, so that a reading that failed is made again from where it began
        return (seen, settled);
    }

    private async Task<List<(long Sequence, T Event)>> ReadEvents(int limit, CancellationToken ct)
    {
        await using var command = database.CreateCommand(events);
        command.Parameters.Add(Sql.Bigint(After));
        command.Parameters.Add(Sql.Bigint(limit));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var seen = new List<(long Sequence, T Event)>();
        while (await reader.ReadAsync(ct))
            seen.Add((reader.GetInt64(0), map(reader)));
        return seen;
    }

    /// <param name="final">No gap up to this number will be filled any more.</param>
    private int CountSettled(List<(long Sequence, T Event)> seen, long final)
    {
        var (settled, reached) = (0, After);
        while (settled < seen.Count && (seen[settled].Sequence == reached + 1 || seen[settled].Sequence <= final))
            reached = seen[settled++].Sequence;
        return settled;
    }
}
