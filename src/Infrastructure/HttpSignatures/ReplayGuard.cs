using PeerRegistry.Application.SignedCalls;

namespace PeerRegistry.Infrastructure.HttpSignatures;

internal interface IReplayGuard
{
    /// <summary>Remembers it, once.</summary>
    /// <param name="now">Unix seconds.</param>
    /// <returns>Null: not seen before. Else <c>replayed</c>, <c>guard_cold</c> or <c>guard_full</c>.</returns>
    ValueTask<string?> Remember(Once once, long now, CancellationToken ct);
}

/// <summary>
/// The guard of one process. At most 1,048,576 signatures, about 40 MB when full: 16,000 a second for as long as they are accepted. It never
/// forgets one that would still be accepted: when there is no room it refuses. It grows and shrinks with its use.
/// </summary>
/// <remarks>
/// What an earlier process accepted it cannot know, but that was at most <see cref="SignatureProfile.MaxAhead"/> seconds ahead of its clock. So
/// whatever was created before <c>started + 5 s</c> is refused, as long as it is young enough to be accepted at all.
/// </remarks>
internal sealed class ReplayGuard : IReplayGuard
{
    internal const int DefaultCapacity = 1 << 20;
    private const int Shards = 64;

    private readonly Shard[] shards;
    private readonly long warmFrom;

    /// <param name="started">Null: no earlier process can have accepted anything.</param>
    internal ReplayGuard(DateTimeOffset? started, int capacity = DefaultCapacity)
    {
        shards = [.. Enumerable.Range(0, Shards).Select(_ => new Shard(Math.Max(1, capacity / Shards)))];
        warmFrom = started is { } start ? (start.ToUnixTimeMilliseconds() + (SignatureProfile.MaxAhead * 1000) + 999) / 1000 : long.MinValue;
    }

    public ValueTask<string?> Remember(Once once, long now, CancellationToken ct) => new(Take(once, now));

    internal string? Take(Once once, long now) =>
        once.Created < warmFrom ? SignatureReasons.GuardCold : shards[(int)(once.Key & (Shards - 1))].Take(once, now);

    private sealed class Shard(int capacity)
    {
        private readonly Lock gate = new();
        private readonly Dictionary<UInt128, long> seen = [];
        private long swept = long.MinValue;

        internal string? Take(Once once, long now)
        {
            lock (gate)
            {
                if (seen.TryGetValue(once.Key, out var until) && until >= now)
                    return SignatureReasons.Replayed;
                if ((seen.Count >= capacity || seen.Count == seen.Capacity) && swept < now)
                    Sweep(now);
                if (once.Until < swept)
                    return SignatureReasons.GuardCold; // the clock went back to where this one may have been forgotten already
                if (seen.Count >= capacity)
                    return SignatureReasons.GuardFull;

                seen[once.Key] = once.Until;
                return null;
            }
        }

        /// <summary>Before it would grow, and at most once a second, since until then nothing more can have run out.</summary>
        private void Sweep(long now)
        {
            swept = now;
            foreach (var (key, until) in seen)
            {
                if (until < now)
                    seen.Remove(key);
            }

            if (seen.Count < seen.Capacity / 4)
                seen.TrimExcess(Math.Max(16, seen.Count * 2));
        }
    }
}
