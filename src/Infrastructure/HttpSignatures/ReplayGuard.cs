using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.HttpSignatures;

internal interface IReplayGuard
{
    /// <summary>Remembers a good signature, unless it is remembered already or there is no room for it.</summary>
    /// <param name="now">Unix seconds.</param>
    /// <returns>Null if it was not seen before, else <c>replayed</c>, <c>guard_cold</c>, <c>guard_full</c> or <c>guard_quota</c>.</returns>
    ValueTask<string?> Remember(ReplayKey once, long now, CancellationToken ct);
}

/// <summary>
/// The guard of one process. Holds at most 1,048,576 signatures, about 50 MB when full: 16,000 a second for as long as they are accepted. It never
/// forgets one that would still be accepted: when there is no room it refuses. It grows and shrinks with its use.
/// </summary>
/// <remarks>
/// <para>
/// It cannot know what an earlier process accepted, but that was at most <see cref="SignatureProfile.MaxAhead"/> seconds ahead of its clock. So
/// whatever was created before <c>started + 5 s</c> is refused, as long as it is young enough to be accepted at all.
/// </para>
/// <para>
/// No signer may hold more than there is free room. One signer alone can fill half of each shard, n greedy ones leave an (n + 1)-th part of it
/// free, and somebody who holds little is never refused because of them. A shard is chosen by the signature's hash, which a signer can steer, so the
/// rule holds in each shard by itself.
/// </para>
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

    public ValueTask<string?> Remember(ReplayKey once, long now, CancellationToken ct) => new(Take(once, now));

    internal string? Take(ReplayKey once, long now) =>
        once.Created < warmFrom ? SignatureReasons.GuardCold : shards[(int)(once.Key & (Shards - 1))].Take(once, now);

    private sealed class Shard(int capacity)
    {
        private readonly Lock gate = new();
        private readonly Dictionary<UInt128, Entry> seen = [];
        private readonly Dictionary<PortalId, Holder> holders = [];
        private long swept = long.MinValue;

        internal string? Take(ReplayKey once, long now)
        {
            lock (gate)
            {
                if (seen.TryGetValue(once.Key, out var entry) && entry.Until >= now)
                    return SignatureReasons.Replayed;

                var holder = holders.GetValueOrDefault(once.Signer);
                if ((seen.Count == seen.Capacity || Refusal(holder) is not null) && swept < now)
                {
                    Sweep(now);
                    holder = holder is { Count: 0 } ? null : holder; // one that holds nothing was dropped
                }

                if (once.Until < swept)
                    return SignatureReasons.GuardCold; // the clock went back to where this one may have been forgotten already
                if (Refusal(holder) is { } refusal)
                    return refusal;

                if (holder is null)
                    holders.Add(once.Signer, holder = new Holder());
                if (seen.TryAdd(once.Key, new Entry(once.Until, holder)))
                    holder.Count++;
                else
                    seen[once.Key] = new Entry(once.Until, holder); // the same signer's, run out and not swept yet
                return null;
            }
        }

        /// <param name="holder">The signer's, or null if it holds nothing.</param>
        private string? Refusal(Holder? holder)
        {
            var free = capacity - seen.Count;
            if (free <= 0)
                return SignatureReasons.GuardFull;
            return holder?.Count >= free ? SignatureReasons.GuardQuota : null;
        }

        /// <summary>Drops what has run out. Called before the table would grow or refuse, and at most once a second, since until then nothing more can have run out.</summary>
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
