using System.Diagnostics;
using PeerRegistry.Domain.Common;
using PeerRegistry.Infrastructure.Snapshots;

namespace PeerRegistry.Store.Contract;

public sealed class SnapshotTrustTests
{
    private readonly FakeTime boot = new();
    private readonly FakeTime wall = new();
    private readonly SnapshotTrust trust;

    public SnapshotTrustTests() => trust = new SnapshotTrust(cluster: true, boot, wall);

    [Fact]
    public void A_look_confirms_the_snapshots_for_a_second_from_its_beginning()
    {
        Assert.False(trust.Holds);
        var began = trust.BeginLook();
        Pass(TimeSpan.FromMilliseconds(400));
        trust.Confirm(began);
        Pass(TimeSpan.FromMilliseconds(600));
        Assert.True(trust.Holds);
        Pass(TimeSpan.FromMilliseconds(1));
        Assert.False(trust.Holds);
    }

    [Fact]
    public void A_pause_that_only_the_boot_clock_counts_ends_the_trust()
    {
        trust.Confirm(trust.BeginLook());
        boot.Pass(TimeSpan.FromSeconds(8));
        Assert.False(trust.Holds);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(-8)]
    public void A_wall_clock_that_was_set_ends_the_trust(int seconds)
    {
        trust.Confirm(trust.BeginLook());
        wall.Pass(TimeSpan.FromSeconds(seconds));
        Assert.False(trust.Holds);
    }

    [Fact]
    public void A_single_node_needs_no_confirmation()
    {
        var alone = new SnapshotTrust(cluster: false, boot, wall);
        Assert.True(alone.Holds);
        Assert.True(alone.Require(Given.Soon).AsTask().IsCompletedSuccessfully);
        Assert.False(alone.LookDue.Next.IsCompleted);
    }

    [Fact]
    public void A_request_in_the_second_half_of_the_second_asks_for_a_look_and_goes_on()
    {
        trust.Confirm(trust.BeginLook());
        Pass(TimeSpan.FromMilliseconds(400));
        var due = trust.LookDue.Next;
        Assert.True(trust.Require(Given.Soon).AsTask().IsCompletedSuccessfully);
        Assert.False(due.IsCompleted);

        Pass(TimeSpan.FromMilliseconds(400));
        Assert.True(trust.Require(Given.Soon).AsTask().IsCompletedSuccessfully);
        Assert.True(due.IsCompleted);
    }

    [Fact]
    public async Task A_request_without_confirmation_waits_for_the_next_look()
    {
        var due = trust.LookDue.Next;
        var request = trust.Require(Given.Soon).AsTask();
        Assert.True(due.IsCompleted);
        Assert.False(request.IsCompleted);

        trust.Confirm(trust.BeginLook());
        await request;
    }

    [Fact]
    public async Task A_look_that_began_before_a_pause_confirms_nothing()
    {
        var began = trust.BeginLook();
        Pass(TimeSpan.FromSeconds(8));
        var request = trust.Require(Given.Soon).AsTask();
        trust.Confirm(began);
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Given.Soon);
        Assert.False(request.IsCompleted);

        trust.Confirm(trust.BeginLook());
        await request;
    }

    [Fact]
    public async Task A_request_is_refused_when_no_look_comes_in_time()
    {
        var refused = await Assert.ThrowsAsync<RefusedException>(() => trust.Require(Given.Soon).AsTask());
        Assert.Equal((RefusalKind.Unavailable, "database_unavailable"), (refused.Kind, refused.Code));
        Assert.NotNull(refused.RetryAfter);
    }

    [Fact]
    public async Task After_two_looks_that_failed_requests_are_refused_at_once()
    {
        trust.Fail();
        trust.Fail();
        var watch = Stopwatch.StartNew();
        await Assert.ThrowsAsync<RefusedException>(() => trust.Require(Given.Soon).AsTask());
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));

        trust.Confirm(trust.BeginLook());
        await trust.Require(Given.Soon);
    }

    [Fact]
    public void The_boot_clock_counts_in_seconds_as_they_pass()
    {
        var clock = new BootTime();
        var uptime = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(clock.GetElapsedTime(0).TotalSeconds, uptime - 1, uptime + 10);
    }

    private void Pass(TimeSpan time)
    {
        boot.Pass(time);
        wall.Pass(time);
    }

    /// <summary>A clock that stands until it is moved; its timers go by the real one.</summary>
    private sealed class FakeTime : TimeProvider
    {
        private TimeSpan passed = TimeSpan.FromDays(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => passed.Ticks;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + passed;

        public void Pass(TimeSpan time) => passed += time;
    }
}
