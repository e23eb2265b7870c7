namespace PeerRegistry.Infrastructure.Store;

/// <summary>Completes the waits of all readers of events when this process has written events or was notified of some.</summary>
internal sealed class AsyncSignal(TimeProvider clock)
{
    private volatile TaskCompletionSource next = Create();

    /// <summary>A wait that must begin before events are read, so that a signal in between is not missed.</summary>
    public Task Next => next.Task;

    public void Beat()
    {
        if (Interlocked.Exchange(ref next, Create()) is var last)
            last.TrySetResult();
    }

    /// <returns>Completes after the signal, or when the time has passed without one.</returns>
    public async Task Wait(Task beat, TimeSpan atMost, CancellationToken ct)
    {
        using var given = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await Task.WhenAny(beat, Task.Delay(atMost, clock, given.Token));
        await given.CancelAsync();
        ct.ThrowIfCancellationRequested();
    }

    private static TaskCompletionSource Create() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
