namespace PeerRegistry.Client.Identity;

/// <summary>The secret of the Portal's proxy, asked for when the first request comes. A failure is not remembered.</summary>
internal sealed class ExpectedSecret(PortalClient portal) : IDisposable
{
    private readonly SemaphoreSlim gate = new(1);
    private volatile string? known;

    /// <exception cref="HttpRequestException">The core does not answer, or refuses.</exception>
    public async ValueTask<string> Get(CancellationToken ct)
    {
        if (known is { } value)
            return value;

        await gate.WaitAsync(ct);
        try
        {
            return known ??= (await portal.ProxySecret(ct)).Secret;
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();
}
