using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Snapshots;

/// <summary>
/// Remembers when the last successful look of <see cref="SnapshotFollower"/> began, by two clocks: the snapshots hold everything that
/// was committed before then. The boot clock counts every pause of the process and of a suspended machine. The wall clock also shows
/// that a virtual machine was frozen together with its boot clock, as soon as its time is set right; until then, such a machine may
/// trust its snapshots for the rest of the second that it was frozen in.
/// </summary>
/// <param name="cluster">Whether other nodes write to the same database. Without them the snapshots are always trusted.</param>
internal sealed class SnapshotTrust(bool cluster, TimeProvider boot, TimeProvider wall) : ISnapshotTrust
{
    /// <summary>How long a look confirms the snapshots.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(1);

    /// <summary>A request that finds the last look this old asks for the next one, and does not wait for it.</summary>
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a request waits for a look.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>After this many failures in a row requests are refused without waiting.</summary>
    private const int FailuresUntilRefused = 2;

    private readonly AsyncSignal confirmed = new(wall);
    private volatile Moment? last;
    private volatile int failures;
    private int asked;

    /// <summary>Beats when the follower is to look at once: another node has announced a change, or a request wants confirmation.</summary>
    public AsyncSignal LookDue { get; } = new(wall);

    public bool Holds => !cluster || IsWithin(Lifetime);

    public ValueTask Require(CancellationToken ct)
    {
        if (!cluster || IsWithin(Refresh))
            return ValueTask.CompletedTask;
        if (!IsWithin(Lifetime))
            return Wait(() => IsWithin(Lifetime), ct);

        Ask();
        return ValueTask.CompletedTask;
    }

    /// <summary>Completes after a look that begins from now on: the snapshots then hold everything that is committed already.</summary>
    /// <exception cref="Domain.Common.RefusedException"><c>database_unavailable</c>: no look succeeded in time.</exception>
    public async ValueTask RequireLook(CancellationToken ct)
    {
        if (!cluster)
            return;

        var from = boot.GetTimestamp();
        LookDue.Beat();
        await Wait(() => last?.Boot >= from, ct);
    }

    /// <summary>To be called before anything is read.</summary>
    public Moment BeginLook()
    {
        Volatile.Write(ref asked, 0);
        return new Moment(boot.GetTimestamp(), wall.GetUtcNow());
    }

    public void Confirm(Moment began)
    {
        (last, failures) = (began, 0);
        confirmed.Beat();
    }

    public void Fail()
    {
        failures++;
        if (failures >= FailuresUntilRefused)
            confirmed.Beat();
    }

    private bool IsWithin(TimeSpan limit) =>
        last is { } moment && boot.GetElapsedTime(moment.Boot) <= limit && (wall.GetUtcNow() - moment.Wall).Duration() <= limit;

    private async ValueTask Wait(Func<bool> holds, CancellationToken ct)
    {
        using var late = new CancellationTokenSource(Patience, wall);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        try
        {
            for (var next = confirmed.Next; !holds(); next = confirmed.Next)
            {
                if (failures >= FailuresUntilRefused)
                    throw DatabaseUnavailable.Refusal();
                Ask();
                await next.WaitAsync(either.Token);
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw DatabaseUnavailable.Refusal();
        }
    }

    private void Ask()
    {
        if (Interlocked.Exchange(ref asked, 1) == 0)
            LookDue.Beat();
    }

    internal sealed record Moment(long Boot, DateTimeOffset Wall);
}
