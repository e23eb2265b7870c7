using System.Buffers.Binary;
using System.Collections.Concurrent;
using Npgsql;
using PeerRegistry.Application.SignedCalls;

namespace PeerRegistry.Infrastructure.HttpSignatures;

/// <summary>
/// The replay guard that the nodes of a cluster share, in table <c>replay_guard</c>: a signature is accepted by the node that inserts its row. It is
/// cold only after the database was restored from a backup: the table outlives every process, but a backup does not hold it. As in
/// <see cref="ReplayGuard"/>, no signer may hold more entries than are free.
/// </summary>
/// <remarks>
/// Every 10 s, a node deletes the expired rows and counts the others by signer. In between it adds only its own inserts to these counts, so several
/// nodes together may exceed the limits by what the others insert within 10 s.
/// </remarks>
internal sealed class PostgresReplayGuard(NpgsqlDataSource database, int capacity = ReplayGuard.DefaultCapacity) : IReplayGuard
{
    private const int SweepEvery = 10;

    /// <summary>How many seconds the clocks of two nodes may differ.</summary>
    private const int ClockMargin = 60;

    /// <summary>How many characters of the signer's ID are stored. They are 80 bits of a hash, so nobody can choose them.</summary>
    private const int SignerLength = 16;

    private long swept = long.MinValue;
    private volatile Counts held = new([]);

    /// <summary>In Unix seconds: what was created before may have been accepted before the database was restored. Null until it was read.</summary>
    private object? warmFrom;

    public async ValueTask<string?> Remember(ReplayKey replayKey, long now, CancellationToken ct)
    {
        warmFrom ??= await WarmFrom(ct);
        if (replayKey.Created < (long)warmFrom)
            return SignatureReasons.GuardCold;

        var last = Interlocked.Read(ref swept);
        if (now - SweepEvery >= last && Interlocked.CompareExchange(ref swept, now, last) == last)
            await Sweep(now, ct);

        var (counts, signer) = (held, replayKey.Signer.Value[..SignerLength]);
        var free = capacity - counts.Total;
        if (free <= 0)
            return SignatureReasons.GuardFull;
        if (counts.Of(signer) >= free)
            return SignatureReasons.GuardQuota;

        var key = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(key, replayKey.Key);
        await using var insert = database.CreateCommand("insert into registry.replay_guard (key, until, signer) values ($1, $2, $3) on conflict do nothing");
        insert.Parameters.Add(new() { Value = key });
        insert.Parameters.Add(new() { Value = replayKey.Until });
        insert.Parameters.Add(new() { Value = signer });
        if (await insert.ExecuteNonQueryAsync(ct) != 1)
            return SignatureReasons.Replayed;

        counts.Add(signer);
        return null;
    }

    private async Task<long> WarmFrom(CancellationToken ct)
    {
        await using var command = database.CreateCommand("select ceil(extract(epoch from restored_at))::bigint from registry.backups");
        return await command.ExecuteScalarAsync(ct) is long restored ? restored + SignatureProfile.MaxAhead : long.MinValue;
    }

    private async Task Sweep(long now, CancellationToken ct)
    {
        await using var sweep = database.CreateCommand("delete from registry.replay_guard where until < $1");
        sweep.Parameters.Add(new() { Value = now - ClockMargin });
        await sweep.ExecuteNonQueryAsync(ct);

        await using var count = database.CreateCommand("select signer, count(*)::int from registry.replay_guard group by signer");
        await using var reader = await count.ExecuteReaderAsync(ct);
        var bySigner = new List<KeyValuePair<string, int>>();
        while (await reader.ReadAsync(ct))
            bySigner.Add(new(reader.GetString(0), reader.GetInt32(1)));
        held = new Counts(bySigner);
    }

    /// <summary>The entries in the table at the last sweep, plus those that this node has inserted since.</summary>
    private sealed class Counts(List<KeyValuePair<string, int>> swept)
    {
        private readonly ConcurrentDictionary<string, int> bySigner = new(swept);
        private long total = swept.Sum(one => (long)one.Value);

        public long Total => Interlocked.Read(ref total);

        public int Of(string signer) => bySigner.GetValueOrDefault(signer);

        public void Add(string signer)
        {
            Interlocked.Increment(ref total);
            bySigner.AddOrUpdate(signer, 1, (_, count) => count + 1);
        }
    }
}
