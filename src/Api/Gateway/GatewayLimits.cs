using System.Collections.Concurrent;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Gateway;

/// <param name="Client">A device, a peer, or the network of an anonymous caller.</param>
internal readonly record struct GatewayCaller(AppPlace App, string Client);

/// <summary>
/// How many requests an app and a caller may have at the same time, and how often a caller may ask. Without locks, since every request to every app comes by.
/// </summary>
internal sealed class GatewayLimits(RegistryOptions options, TimeProvider clock)
{
    private const int Burst = 5; // seconds' worth of requests that may come at once
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<AppPlace, Places> apps = new(new ByName());
    private readonly ConcurrentDictionary<GatewayCaller, Places> callers = new(new ByClient());
    private readonly long interval = Math.Max(1, clock.TimestampFrequency / options.Gateway.Rate);
    private long swept = clock.GetTimestamp();

    /// <returns>To be disposed of at the end of the request.</returns>
    /// <exception cref="RefusedException"><c>rate_limited</c></exception>
    public Lease Enter(in GatewayCaller caller)
    {
        var now = clock.GetTimestamp();
        Sweep(now);
        var (app, own) = (apps.GetOrAdd(caller.App, static _ => new Places()), callers.GetOrAdd(caller, static _ => new Places()));
        if (app.Take(options.Gateway.PerApp))
        {
            if (own.Take(options.Gateway.PerCaller))
            {
                if (own.Pass(now, interval, Burst * options.Gateway.Rate))
                    return new Lease(app, own);
                own.GiveBack();
            }

            app.GiveBack();
        }

        throw new RefusedException(RefusalKind.TooMany, "rate_limited", "Too many requests to this app are under way. Wait a moment and try again.")
        {
            RetryAfter = TimeSpan.FromSeconds(1),
        };
    }

    /// <summary>Forgets callers that have not asked for a while, so that passing strangers take no memory.</summary>
    private void Sweep(long now)
    {
        var last = Volatile.Read(ref swept);
        if (clock.GetElapsedTime(last, now) < Idle || Interlocked.CompareExchange(ref swept, now, last) != last)
            return;
        foreach (var (caller, places) in callers)
        {
            if (places.IsIdle(now - (long)(Idle.TotalSeconds * clock.TimestampFrequency)))
                callers.TryRemove(caller, out _);
        }
    }

    internal readonly struct Lease(Places app, Places own) : IDisposable
    {
        public void Dispose()
        {
            own.GiveBack();
            app.GiveBack();
        }
    }

    /// <summary>The open requests of an app or a caller, and the caller's rate by the generic cell rate algorithm (ITU-T I.371).</summary>
    internal sealed class Places
    {
        private int open;
        private long expected; // the timestamp at which the next request would be due at the average rate

        public bool Take(int most)
        {
            if (Interlocked.Increment(ref open) <= most)
                return true;
            GiveBack();
            return false;
        }

        public void GiveBack() => Interlocked.Decrement(ref open);

        public bool IsIdle(long since) => Volatile.Read(ref open) == 0 && Volatile.Read(ref expected) < since;

        /// <param name="interval">Between two requests at the average rate, in ticks of the timestamp.</param>
        /// <param name="burst">How many requests may come at once.</param>
        public bool Pass(long now, long interval, long burst)
        {
            while (true)
            {
                var due = Volatile.Read(ref expected);
                var next = Math.Max(due, now) + interval;
                if (next - now > burst * interval)
                    return false;
                if (Interlocked.CompareExchange(ref expected, next, due) == due)
                    return true;
            }
        }
    }

    /// <summary>Leaves the Portal's long ID out of the hash, which would cost more than it tells apart.</summary>
    private sealed class ByName : IEqualityComparer<AppPlace>
    {
        public bool Equals(AppPlace x, AppPlace y) => x == y;

        public int GetHashCode(AppPlace obj) => obj.App.GetHashCode(StringComparison.Ordinal);
    }

    private sealed class ByClient : IEqualityComparer<GatewayCaller>
    {
        public bool Equals(GatewayCaller x, GatewayCaller y) => x == y;

        public int GetHashCode(GatewayCaller obj) => HashCode.Combine(obj.Client, obj.App.App);
    }
}
