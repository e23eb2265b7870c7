using System.Diagnostics;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Store;
using PeerRegistry.Tests;

namespace PeerRegistry.Store.Contract;

/// <summary>
/// What every event store promises. Two Portals with streams of the same names share the store throughout; nothing of one may
/// ever show in the other.
/// </summary>
public abstract class EventStoreContract : IAsyncLifetime
{
    private readonly PortalId a = Given.Portal();
    private readonly PortalId b = Given.Portal();

    private protected TestStore Store { get; private set; } = null!;

    protected PortalId A => a;

    protected PortalId B => b;

    public async ValueTask InitializeAsync() => Store = await Open();

    public async ValueTask DisposeAsync()
    {
        await Close();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_stream_reads_back_what_was_appended_and_nothing_of_another_Portal()
    {
        await Store.Append(Given.Counts(a, "tally-x", 0, 1, 2), Given.Soon);
        await Store.Append(Given.Counts(b, "tally-x", 0, 10), Given.Soon);
        Assert.Equal([3], await Store.Append(Given.Counts(a, "tally-x", 2, 3), Given.Soon));

        var ofA = await Read(a, "tally-x");
        Assert.Equal([1, 2, 3], ofA.Numbers());
        Assert.Equal([1, 2, 3], ofA.Select(e => e.Version));
        Assert.All(ofA, e => Assert.Equal((a, "tally-x"), (e.Portal, e.Stream)));
        Assert.Equal([10], (await Read(b, "tally-x")).Numbers());
        Assert.Empty(await Read(Given.Portal(), "tally-x"));
        Assert.Empty(await Read(a, "tally-y"));
    }

    [Fact]
    public async Task An_event_tells_who_why_when_and_as_part_of_which_trace()
    {
        using var activity = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        var before = TimeProvider.System.GetUtcNow().AddMilliseconds(-1);
        await Store.Append(Given.Counts(a, "tally-x", 0, 1) with { Actor = Actor.Device("d\"1"), Reason = "invite" }, Given.Soon);
        await Store.Append(Given.Counts(a, "tally-x", 1, 2, 3), Given.Soon);

        var events = await Read(a, "tally-x");
        Assert.Equal((Actor.Device("d\"1"), "invite"), (events[0].Actor, events[0].Reason));
        Assert.Equal((Actor.System, null), (events[1].Actor, events[1].Reason));
        Assert.All(events, e => Assert.Equal(activity.TraceId.ToHexString(), e.CorrelationId));
        Assert.InRange(events[0].At, before, TimeProvider.System.GetUtcNow());
        Assert.Equal(events[1].At, events[2].At);
        Assert.All(events, e => Assert.Equal(0, e.At.Ticks % TimeSpan.TicksPerMicrosecond));
    }

    [Theory]
    [InlineData("tally-x", 0)] // it exists
    [InlineData("tally-x", 1)] // it has grown
    [InlineData("tally-x", 3)] // it was never that long
    [InlineData("other-x", 0)] // the same where no read model looks at it
    [InlineData("other-x", 1)]
    [InlineData("other-x", 3)]
    public async Task An_append_with_a_stale_version_changes_nothing(string stream, long expected)
    {
        await Store.Append(Given.Counts(a, stream, 0, 1, 2), Given.Soon);

        var refused = new Changes(a, Actor.System, [new("tally-new", 0, [new Counted(7)]), new(stream, expected, [new Counted(8)])]);
        var stale = await Assert.ThrowsAsync<StaleVersionException>(() => Store.Append(refused, Given.Soon));

        Assert.Contains(stream, stale.Message, StringComparison.Ordinal);
        Assert.Equal([1, 2], (await Read(a, stream)).Numbers());
        Assert.Empty(await Read(a, "tally-new"));
    }

    [Fact]
    public async Task A_stream_that_is_not_there_cannot_be_expected_to_have_grown()
    {
        await Store.Append(Given.Counts(b, "other-x", 0, 1), Given.Soon);
        await Assert.ThrowsAsync<StaleVersionException>(() => Store.Append(Given.Counts(a, "other-x", 1, 2), Given.Soon));
        Assert.Empty(await Read(a, "other-x"));
    }

    [Fact]
    public async Task Several_streams_are_appended_to_as_one()
    {
        var versions = await Store.Append(
            new Changes(a, Actor.System, [new("tally-z", 0, [new Counted(1), new Counted(2)]), new("tally-b", 0, [new Counted(3)])]), Given.Soon);

        Assert.Equal([2, 1], versions);
        Assert.Equal([1, 2], (await Read(a, "tally-z")).Numbers());
        Assert.Equal([3], (await Read(a, "tally-b")).Numbers());
    }

    [Fact]
    public async Task A_subscriber_sees_every_event_in_order_from_where_it_left_off()
    {
        await Store.Append(Given.Counts(a, "tally-x", 0, 1, 2), Given.Soon);
        await Store.Append(Given.Counts(b, "tally-x", 0, 3), Given.Soon);
        var first = await Store.Take(0, 2);
        var later = Store.Take(first[^1].Sequence, 2);
        await Store.Append(Given.Counts(a, "tally-x", 2, 4), Given.Soon);

        Assert.Equal([1, 2], first.Numbers());
        Assert.Equal([3, 4], (await later).Numbers());
        Assert.Equal([b, a], (await later).Select(e => e.Portal));
    }

    [Fact]
    public async Task Of_sixteen_writers_on_one_stream_one_wins_each_version()
    {
        const int rounds = 25;
        var won = new int[16];
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async writer =>
        {
            for (var version = 0; version < rounds; version++)
            {
                try
                {
                    await Store.Append(Given.Counts(writer % 2 == 0 ? a : b, "tally-x", version, writer), Given.Soon);
                    Interlocked.Increment(ref won[writer]);
                }
                catch (StaleVersionException)
                {
                }

                while ((await Read(writer % 2 == 0 ? a : b, "tally-x")).Count <= version)
                    await Task.Yield();
            }
        }));

        foreach (var (portal, parity) in new[] { (a, 0), (b, 1) })
        {
            var events = await Read(portal, "tally-x");
            Assert.Equal(Enumerable.Range(1, rounds).Select(version => (long)version), events.Select(e => e.Version));
            Assert.Equal(rounds, won.Where((_, writer) => writer % 2 == parity).Sum());
            Assert.All(won.Index().Where(writer => writer.Index % 2 == parity),
                writer => Assert.Equal(writer.Item, events.Numbers().Count(by => by == writer.Index)));
        }
    }

    [Fact]
    public async Task Appends_that_cross_each_other_on_two_streams_all_end()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async writer =>
        {
            for (var done = 0; done < 20;)
            {
                var (x, y) = ((await Read(a, "tally-x")).Count, (await Read(a, "tally-y")).Count);
                StreamChange[] streams = [new("tally-x", x, [new Counted(1)]), new("tally-y", y, [new Counted(1)])];
                try
                {
                    await Store.Append(new Changes(a, Actor.System, writer % 2 == 0 ? streams : [.. streams.Reverse()]), Given.Soon);
                    done++;
                }
                catch (StaleVersionException)
                {
                }
            }
        }));

        Assert.Equal(160, (await Read(a, "tally-x")).Count);
        Assert.Equal(160, (await Read(a, "tally-y")).Count);
    }

    private protected abstract Task<TestStore> Open();

    protected abstract Task Close();

    protected Task<IReadOnlyList<Recorded>> Read(PortalId portal, string stream) => Store.ReadStream(portal, stream, Given.Soon);
}
