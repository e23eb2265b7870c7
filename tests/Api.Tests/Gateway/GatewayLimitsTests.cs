using PeerRegistry.Api.Gateway;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Gateway;

public sealed class GatewayLimitsTests
{
    private static readonly AppPlace App = new(PortalId.Of("one"), "mail");

    private readonly MovableTime clock = new();

    [Fact]
    public void A_caller_may_ask_so_often_on_average_and_five_times_as_often_at_once()
    {
        var limits = Limits(new() { Rate = 10 });
        Assert.Equal(50, Passing(limits, "a"));
        Assert.Equal(50, Passing(limits, "b")); // each has its own
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.InRange(Passing(limits, "a"), 20, 21);
    }

    [Fact]
    public void The_places_of_an_app_are_those_of_all_its_callers_and_are_given_back()
    {
        var limits = Limits(new() { PerApp = 3, PerCaller = 2 });
        var (first, second) = (Enter(limits, "a"), Enter(limits, "a"));
        Assert.Throws<RefusedException>(() => Enter(limits, "a"));
        var third = Enter(limits, "b");
        Assert.Throws<RefusedException>(() => Enter(limits, "c"));
        using var elsewhere = limits.Enter(new GatewayCaller(App with { Portal = PortalId.Of("two") }, "c"));

        first.Dispose();
        Enter(limits, "c").Dispose();
        second.Dispose();
        third.Dispose();
        Assert.Equal(100, Enumerable.Range(0, 100).Count(_ => IsLetIn(limits, "a"))); // every refusal has given back what it took
    }

    [Fact]
    public async Task No_place_is_lost_or_won_by_many_at_once()
    {
        var limits = Limits(new() { PerApp = 5, PerCaller = 5, Rate = 1_000_000 });
        var (inside, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                try
                {
                    using var lease = Enter(limits, "a");
                    var now = Interlocked.Increment(ref inside);
                    InterlockedMax(ref most, now);
                    Interlocked.Decrement(ref inside);
                }
                catch (RefusedException)
                {
                    // full
                }
            }
        })));
        Assert.InRange(most, 1, 5);
        var leases = Enumerable.Range(0, 5).Select(_ => Enter(limits, "a")).ToList();
        Assert.Throws<RefusedException>(() => Enter(limits, "a"));
        leases.ForEach(lease => lease.Dispose());
    }

    private GatewayLimits Limits(RegistryOptions.GatewayOptions options) => new(new RegistryOptions { Gateway = options }, clock);

    private static GatewayLimits.Lease Enter(GatewayLimits limits, string client) => limits.Enter(new GatewayCaller(App, client));

    private static bool IsLetIn(GatewayLimits limits, string client)
    {
        try
        {
            Enter(limits, client).Dispose();
            return true;
        }
        catch (RefusedException)
        {
            return false;
        }
    }

    private static int Passing(GatewayLimits limits, string client)
    {
        var passed = 0;
        while (IsLetIn(limits, client))
            passed++;
        return passed;
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
            Interlocked.CompareExchange(ref most, value, seen);
    }
}
