namespace PeerRegistry.Infrastructure.Store;

/// <summary>Wakes everybody who waits for events when this process wrote some or heard of some.</summary>
internal sealed class AsyncSignal(TimeProvider clock)
{
    private volatile TaskCompletionSource next = Create();

    /// <summary>Taken before looking for events, so that a beat in between is not missed.</summary>
    public Task Next => next.Task;

    public void Beat()
    {
        if (Interlocked.Exchange(ref next, Create()) is var last)
            last.TrySetResult();
    }

    /// <returns>After the beat, or when the time has passed without one.</returns>
    public async Task Wait(Task beat, TimeSpan atMost, CancellationToken ct)
    {
        using var given = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await Task.WhenAny(beat, Task.Delay(atMost, clock, given.Token));
        await given.CancelAsync();
        ct.ThrowIfCancellationRequested();
    }

    private static TaskCompletionSource Create() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
