using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Npgsql;
using PeerRegistry.Application.Audit;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>Delivers every event in order and exactly once. At a gap it waits until it is certain what the gap contains.</summary>
internal sealed class EventSubscription(NpgsqlDataSource database, EventRows rows, AsyncSignal pulse, TimeProvider clock) : IEventFeed, IDisposable
{
    private const int Page = 500;
    private static readonly TimeSpan WithoutNews = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LastLook = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<object, long> heldSince = new();

    public Meter Meter { get; } = new("PeerRegistry.EventStore");

    /// <summary>Begins to measure, whether or not anybody subscribes.</summary>
    public void Measure() => Meter.CreateObservableGauge(
        "subscription_held_back_seconds", HeldBackSeconds, "s", "How long the slowest subscriber has been waiting at a gap in the sequence.");

    public async IAsyncEnumerable<Recorded> Subscribe(long after, [EnumeratorCancellation] CancellationToken ct)
    {
        var tail = new EventTail<Recorded?>(database, EventRows.Columns, rows.ReadUnlessFiller, after);
        var look = FirstLook;
        try
        {
            while (true)
            {
                var beat = pulse.Next;
                var (seen, settled) = await tail.Read(Page, ct);
                for (var i = 0; i < settled; i++)
                {
                    if (seen[i].Event is { } recorded)
                        yield return recorded;
                }

                if (tail.HeldBack)
                {
                    if (settled > 0 || !heldSince.ContainsKey(tail))
                        heldSince[tail] = clock.GetTimestamp();
                    await Task.Delay(look, clock, ct);
                    look = settled > 0 ? FirstLook : TimeSpan.FromTicks(Math.Min(look.Ticks * 2, LastLook.Ticks));
                    continue;
                }

                heldSince.TryRemove(tail, out _);
                look = FirstLook;
                if (seen.Count == 0)
                    await pulse.Wait(beat, WithoutNews, ct);
            }
        }
        finally
        {
            heldSince.TryRemove(tail, out _);
        }
    }

    public void Dispose() => Meter.Dispose();

    private double HeldBackSeconds() =>
        heldSince.Values.Select(since => clock.GetElapsedTime(since).TotalSeconds).DefaultIfEmpty(0).Max();
}
