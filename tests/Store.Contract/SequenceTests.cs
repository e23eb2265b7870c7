using System.Diagnostics.Metrics;
using Npgsql;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Store.Contract;

public enum Stop
{
    BetweenRowAndNumber,
    BetweenNumberAndInsert,
    BetweenInsertAndCommit,
}

public enum End
{
    Commits,
    RollsBack,
    IsKilled,
    LosesItsConnection,
}

/// <summary>A subscriber in sequence order misses nothing, wherever a writer stops and however it ends.</summary>
public sealed class SequenceTests(TestPostgres postgres) : IAsyncLifetime
{
    private readonly PortalId a = Given.Portal();
    private readonly PortalId b = Given.Portal();
    private Node node = null!;

    public static MatrixTheoryData<Stop, End> StopsAndEnds => new(Enum.GetValues<Stop>(), Enum.GetValues<End>());

    public async ValueTask InitializeAsync() => node = await Node.Start(await postgres.CreateDatabase());

    public ValueTask DisposeAsync() => node.DisposeAsync();

    [Theory]
    [MemberData(nameof(StopsAndEnds))]
    public async Task A_writer_that_stops_is_waited_for_as_long_as_it_may_still_commit(Stop stop, End end)
    {
        await node.Store.Append(Given.Counts(a, "tally-first", 0, 1), Given.Soon);
        var seen = new List<Recorded>();
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Given.Soon);
        var subscriber = Collect(seen, done.Token);

        await using var slow = await Writer.Begin(node.Database);
        await slow.LockRow(a, "tally-slow", 1);
        if (stop != Stop.BetweenRowAndNumber)
            await slow.TakeNumber();
        if (stop == Stop.BetweenInsertAndCommit)
            await slow.Insert(a, "tally-slow", 1);
        await node.Store.Append(Given.Counts(b, "tally-slow", 0, 2, 3), Given.Soon);

        var passes = stop == Stop.BetweenRowAndNumber;
        await Given.Eventually(() => seen.Count >= (passes ? 3 : 1), "what is settled arrives");
        await Given.Eventually(() => passes != HeldBackSeconds() > 0, "it is held back at a gap, and only there");
        await Task.Delay(TimeSpan.FromMilliseconds(60), TimeProvider.System, Given.Soon);
        Assert.Equal(passes ? 3 : 1, seen.Count);

        if (end == End.Commits && stop == Stop.BetweenRowAndNumber)
            await slow.TakeNumber();
        if (end == End.Commits && stop != Stop.BetweenInsertAndCommit)
            await slow.Insert(a, "tally-slow", 1);
        await slow.Finish(end, node.Database);

        var expected = 3 + (end == End.Commits ? 1 : 0);
        await Given.Eventually(() => seen.Count >= expected, "the rest arrives");
        await node.Store.Append(Given.Counts(a, "tally-last", 0, 9), Given.Soon);
        await Given.Eventually(() => seen.Count >= expected + 1, "and what comes after");
        Assert.Equal(await Writer.Committed(node.Database), seen.Select(e => e.Sequence));
        await Given.Eventually(() => HeldBackSeconds() == 0, "nothing is held back any more");

        await done.CancelAsync();
        await subscriber;
    }

    /// <summary>Why a writer must own a transaction id before it takes a number: without one it is not seen to be alive.</summary>
    [Fact]
    public async Task A_writer_that_took_its_number_first_would_be_lost()
    {
        await node.Store.Append(Given.Counts(a, "tally-first", 0, 1), Given.Soon);
        await using var wrong = await Writer.Begin(node.Database);
        await wrong.TakeNumberWithoutId();
        await node.Store.Append(Given.Counts(b, "tally-x", 0, 2), Given.Soon);
        var seen = await node.Store.Take(0, 2);

        await wrong.LockRow(a, "tally-wrong", 1);
        await wrong.Insert(a, "tally-wrong", 1);
        await wrong.Finish(End.Commits, node.Database);
        await node.Store.Append(Given.Counts(a, "tally-last", 0, 3), Given.Soon);
        seen.AddRange(await node.Store.Take(seen[^1].Sequence, 1));

        Assert.Equal([1, 2, 3], seen.Numbers());
        Assert.Equal(4, (await Writer.Committed(node.Database)).Count);
    }

    [Fact]
    public async Task Every_committed_event_is_seen_once_and_in_order_beside_writers_that_fail()
    {
        var (appends, killed) = Given.Long ? (200_000, 2_000) : (20_000, 200);
        var seen = new List<Recorded>();
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Given.Soon);
        var subscriber = Collect(seen, done.Token);

        const int writers = 8;
        var good = Enumerable.Range(0, writers).Select(writer => AppendMany($"tally-{writer / 2}", writer % 2 == 0 ? a : b, appends / writers));
        var bad = Enumerable.Range(0, 4).Select(writer => FailMany($"bad-{writer}", killed / 4, new Dice(writer)));
        await Task.WhenAll(good.Concat(bad));

        var committed = await Writer.Committed(node.Database);
        Assert.True(committed.Count > appends);
        Assert.True(committed[^1] > committed.Count, "no number was lost: nobody failed");
        await Given.Eventually(() => seen.Count >= committed.Count, "all arrive");
        await done.CancelAsync();
        await subscriber;
        Assert.Equal(committed, seen.Select(e => e.Sequence));
        Assert.All(seen.GroupBy(e => (e.Portal, e.Stream)),
            stream => Assert.Equal(Enumerable.Range(1, stream.Count()).Select(v => (long)v), stream.Select(e => e.Version)));
    }

    [Fact]
    public async Task A_checkpoint_is_kept_and_never_goes_back()
    {
        var checkpoints = node.Get<Infrastructure.Store.Checkpoints>();
        Assert.Equal(0, await checkpoints.Load("a", Given.Soon));
        await checkpoints.Store("a", 7, Given.Soon);
        await checkpoints.Store("a", 5, Given.Soon);
        await checkpoints.Store("b", 3, Given.Soon);
        Assert.Equal((7, 3), (await checkpoints.Load("a", Given.Soon), await checkpoints.Load("b", Given.Soon)));
    }

    private async Task AppendMany(string stream, PortalId portal, int count)
    {
        for (var version = 0; version < count; version++)
            await node.Store.Append(Given.Counts(portal, stream, version, 1), Given.Soon);
    }

    /// <summary>Each stops for a moment at some point, then is killed; in between, some commit late and some roll back.</summary>
    private async Task FailMany(string stream, int killed, Dice dice)
    {
        var version = 0;
        for (var done = 0; done < killed;)
        {
            var end = dice.Next(3) == 0 ? (End)dice.Next(2) : (End)(2 + dice.Next(2));
            var stop = end == End.Commits ? Stop.BetweenInsertAndCommit : (Stop)dice.Next(3);
            await using var writer = await Writer.Begin(node.Database);
            await writer.LockRow(dice.Next(2) == 0 ? a : b, stream + version, 1);
            await Pause(dice);
            if (stop >= Stop.BetweenNumberAndInsert)
                await writer.TakeNumber();
            await Pause(dice);
            if (stop >= Stop.BetweenInsertAndCommit)
                await writer.Insert(writer.Portal, stream + version, 1);
            await Pause(dice);
            await writer.Finish(end, node.Database);
            version++;
            done += end is End.IsKilled or End.LosesItsConnection ? 1 : 0;
        }
    }

    private static Task Pause(Dice dice) =>
        dice.Next(2) == 0 ? Task.CompletedTask : Task.Delay(TimeSpan.FromMilliseconds(1 + dice.Next(19)), TimeProvider.System, Given.Soon);

    private async Task Collect(List<Recorded> seen, CancellationToken ct)
    {
        try
        {
            await foreach (var e in node.Store.Subscribe(0, ct))
                seen.Add(e);
        }
        catch (OperationCanceledException)
        {
        }
    }

    private double HeldBackSeconds()
    {
        var held = double.NaN;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "subscription_held_back_seconds" && instrument.Meter == node.Get<Infrastructure.Store.EventSubscription>().Meter)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => held = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return held;
    }
}
