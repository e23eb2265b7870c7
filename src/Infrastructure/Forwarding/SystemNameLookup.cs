using System.Net;

namespace PeerRegistry.Infrastructure.Forwarding;

/// <summary>
/// Asks the system's resolver for addresses. The resolver blocks its thread for as long as a name server is silent, so lookups run on
/// threads of their own and never on the shared pool, which answers forward-auth. Callers that ask for the same name share one lookup.
/// </summary>
internal sealed class SystemNameLookup(Func<string, IPAddress[]> resolve) : IDisposable
{
    private const int MaxThreads = 64;

    private readonly SemaphoreSlim threads = new(MaxThreads);
    private readonly Lock gate = new();
    private readonly Dictionary<string, Task<IPAddress[]>> running = new(StringComparer.OrdinalIgnoreCase); // guarded by gate

    public Task<IPAddress[]> Find(string host, CancellationToken ct)
    {
        lock (gate)
        {
            if (!running.TryGetValue(host, out var lookup))
                running[host] = lookup = Start(host);
            return lookup.WaitAsync(ct);
        }
    }

    public void Dispose() => threads.Dispose();

    private async Task<IPAddress[]> Start(string host)
    {
        await threads.WaitAsync().ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // never finished before it is in the list
        try
        {
            return await Task.Factory.StartNew(() => resolve(host), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            threads.Release();
            lock (gate)
                running.Remove(host);
        }
    }
}
