using System.Buffers.Binary;
using Npgsql;
using PeerRegistry.Application.SignedCalls;

namespace PeerRegistry.Infrastructure.HttpSignatures;

/// <summary>
/// The guard that the nodes of a cluster share: table <c>replay_guard</c>, where the one that inserts a row was first. It is never cold, since
/// the table outlives any process. Rows that have run out go every 10 s; in between, the nodes may pass the bound by what they take then.
/// </summary>
internal sealed class PostgresReplayGuard(NpgsqlDataSource database, int capacity = ReplayGuard.DefaultCapacity) : IReplayGuard
{
    private const int SweepEvery = 10;

    /// <summary>Seconds that the clocks of two nodes may differ by.</summary>
    private const int ClockMargin = 60;

    private long swept = long.MinValue;
    private volatile bool full;

    public async ValueTask<string?> Remember(Once once, long now, CancellationToken ct)
    {
        var last = Interlocked.Read(ref swept);
        if (now - SweepEvery >= last && Interlocked.CompareExchange(ref swept, now, last) == last)
            await Sweep(now, ct);
        if (full)
            return SignatureReasons.GuardFull;

        var key = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(key, once.Key);
        await using var insert = database.CreateCommand("insert into registry.replay_guard (key, until) values ($1, $2) on conflict do nothing");
        insert.Parameters.Add(new() { Value = key });
        insert.Parameters.Add(new() { Value = once.Until });
        return await insert.ExecuteNonQueryAsync(ct) == 1 ? null : SignatureReasons.Replayed;
    }

    private async Task Sweep(long now, CancellationToken ct)
    {
        await using var sweep = database.CreateCommand("delete from registry.replay_guard where until < $1");
        sweep.Parameters.Add(new() { Value = now - ClockMargin });
        await sweep.ExecuteNonQueryAsync(ct);

        await using var count = database.CreateCommand("select count(*) from (select from registry.replay_guard limit $1) as held");
        count.Parameters.Add(new() { Value = capacity });
        full = (long)(await count.ExecuteScalarAsync(ct))! >= capacity;
    }
}
