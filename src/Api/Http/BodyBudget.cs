using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Http;

/// <summary>
/// Limits the bytes of request bodies that are held in memory at the same time. Bytes count from their arrival until the response, so requests
/// that are held open use up only their senders' own share.
/// </summary>
internal sealed class BodyBudget
{
    public BodyShare Strangers { get; } = new(total: 16 << 20, perNetwork: 1 << 20);

    /// <summary>The budget for calls that are accepted for later, by app.</summary>
    public BodyShare Deferred { get; } = new(total: 64 << 20, perNetwork: 32 << 20);

    public BodyShare Owners { get; } = new(total: 64 << 20, perNetwork: 64 << 20);

    /// <summary>The budget for bodies that a proxy sends so that their digest can be compared.</summary>
    public BodyShare Verdicts { get; } = new(total: 128 << 20, perNetwork: 32 << 20);
}

/// <param name="total">The limit for all senders, in bytes.</param>
/// <param name="perNetwork">The limit for all senders of one network, in bytes.</param>
internal sealed class BodyShare(long total, long perNetwork)
{
    private readonly Lock gate = new(); // guards the following
    private readonly Dictionary<string, long> networks = [];
    private long held;

    /// <summary>The bytes that are currently held.</summary>
    public long Held
    {
        get
        {
            lock (gate)
                return held;
        }
    }

    /// <exception cref="RefusedException"><c>busy</c></exception>
    public void Take(string network, int bytes)
    {
        lock (gate)
        {
            var ofNetwork = networks.GetValueOrDefault(network);
            if (held + bytes > total || ofNetwork + bytes > perNetwork)
            {
                throw new RefusedException(RefusalKind.Unavailable, "busy", "Too many request bodies are being read at the moment. Try again.")
                {
                    RetryAfter = TimeSpan.FromSeconds(5),
                };
            }

            networks[network] = ofNetwork + bytes;
            held += bytes;
        }
    }

    public void Return(string network, long bytes)
    {
        if (bytes == 0)
            return;

        lock (gate)
        {
            held -= bytes;
            if ((networks[network] -= bytes) == 0)
                networks.Remove(network);
        }
    }
}
