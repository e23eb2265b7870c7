using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Http;

/// <summary>
/// How many bytes of request bodies are held in memory at a time. Bytes count from their arrival until their request is answered, so
/// requests that are held open cost their senders' share and nobody else's.
/// </summary>
internal sealed class BodyBudget
{
    public BodyShare Strangers { get; } = new(total: 16 << 20, perNetwork: 1 << 20);

    public BodyShare Owners { get; } = new(total: 64 << 20, perNetwork: 64 << 20);

    /// <summary>Bodies that a proxy hands over to have their digest compared.</summary>
    public BodyShare Verdicts { get; } = new(total: 128 << 20, perNetwork: 32 << 20);
}

/// <param name="total">Bytes.</param>
/// <param name="perNetwork">Bytes that senders of one network may have of it.</param>
internal sealed class BodyShare(long total, long perNetwork)
{
    private readonly Lock gate = new(); // guards the following
    private readonly Dictionary<string, long> networks = [];
    private long held;

    /// <summary>Bytes held now.</summary>
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
                throw new RefusedException(RefusalKind.Unavailable, "busy", "Too many bodies are being read at this moment. Try again.")
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
