using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.HttpSignatures;

internal interface IReplayGuard
{
    /// <summary>Remembers a valid signature, unless it is already remembered or there is no room for it.</summary>
    /// <param name="now">In Unix seconds.</param>
    /// <returns>Null if it was not seen before, otherwise <c>replayed</c>, <c>guard_cold</c>, <c>guard_full</c> or <c>guard_quota</c>.</returns>
    ValueTask<string?> Remember(ReplayKey replayKey, long now, CancellationToken ct);
}

/// <summary>
/// The replay guard of one process. It holds at most 1,048,576 signatures, about 50 MB, which allows 16,000 requests a second for as long as their
/// signatures are valid. It never forgets a signature that would still be accepted; when it is full, it refuses new ones. Its memory grows and
/// shrinks with use.
/// </summary>
/// <remarks>
/// <para>
/// The guard does not know which signatures an earlier process accepted, but each was at most <see cref="SignatureProfile.MaxAhead"/> seconds ahead
/// of the clock. Therefore every signature that was created before <c>started + 5 s</c> is refused.
/// </para>
/// <para>
/// No signer may hold more entries than are free. One signer alone can fill half of each shard, and n greedy signers leave an (n + 1)-th part
/// free, so a signer with few entries is never refused because of them. The signature's hash, which a signer can influence, chooses the shard, so
/// the rule applies to each shard separately.
/// </para>
/// </remarks>
internal sealed class ReplayGuard : IReplayGuard
{
    internal const int DefaultCapacity = 1 << 20;
    private const int Shards = 64;

    private readonly Shard[] shards;
    private readonly long warmFrom;

    /// <param name="started">When this process started, or null if no earlier process can have accepted a signature.</param>
    internal ReplayGuard(DateTimeOffset? started, int capacity = DefaultCapacity)
    {
        shards = [.. Enumerable.Range(0, Shards).Select(_ => new Shard(Math.Max(1, capacity / Shards)))];
        warmFrom = started is { } start ? (start.ToUnixTimeMilliseconds() + (SignatureProfile.MaxAhead * 1000) + 999) / 1000 : long.MinValue;
    }

    public ValueTask<string?> Remember(ReplayKey replayKey, long now, CancellationToken ct) => new(Take(replayKey, now));

    internal string? Take(ReplayKey replayKey, long now) =>
        replayKey.Created < warmFrom ? SignatureReasons.GuardCold : shards[(int)(replayKey.Key & (Shards - 1))].Take(replayKey, now);

    private sealed class Shard(int capacity)
    {
        private readonly Lock gate = new();
        private readonly Dictionary<UInt128, Entry> seen = [];
        private readonly Dictionary<PortalId, Holder> holders = [];
        private long swept = long.MinValue;

        internal string? Take(ReplayKey replayKey, long now)
        {
            lock (gate)
            {
                if (seen.TryGetValue(replayKey.Key, out var entry) && entry.Until >= now)
                    return SignatureReasons.Replayed;

                var holder = holders.GetValueOrDefault(replayKey.Signer);
                if ((seen.Count == seen.Capacity || Refusal(holder) is not null) && swept < now)
                {
                    Sweep(now);
                    holder = holder is { Count: 0 } ? null : holder; // a signer without entries was dropped
                }

                if (replayKey.Until < swept)
                    return SignatureReasons.GuardCold; // the clock was set back, so this signature may already have been forgotten
                if (Refusal(holder) is { } refusal)
                    return refusal;

                if (holder is null)
                    holders.Add(replayKey.Signer, holder = new Holder());
                if (seen.TryAdd(replayKey.Key, new Entry(replayKey.Until, holder)))
                    holder.Count++;
                else
                    seen[replayKey.Key] = new Entry(replayKey.Until, holder); // an expired entry of the same signer that was not swept yet
                return null;
            }
        }

        /// <param name="holder">The signer's entry count, or null if it has none.</param>
        private string? Refusal(Holder? holder)
        {
            var free = capacity - seen.Count;
            if (free <= 0)
                return SignatureReasons.GuardFull;
            return holder?.Count >= free ? SignatureReasons.GuardQuota : null;
        }

        /// <summary>Drops the expired entries. It is called before the table would grow or refuse, and at most once a second, the unit of expiry.</summary>
        private void Sweep(long now)
        {
            swept = now;
            foreach (var (key, (until, holder)) in seen)
            {
                if (until < now)
                {
                    seen.Remove(key);
                    holder.Count--;
                }
            }

            foreach (var (signer, holder) in holders)
            {
                if (holder.Count == 0)
                    holders.Remove(signer);
            }

            if (seen.Count < seen.Capacity / 4)
                seen.TrimExcess(Math.Max(16, seen.Count * 2));
        }

        private readonly record struct Entry(long Until, Holder Holder);

        /// <summary>How many signatures of one signer this shard holds.</summary>
        private sealed class Holder
        {
            public int Count { get; set; }
        }
    }
}
