using System.Collections.Concurrent;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.HttpSignatures;

/// <summary>Keeps the last refused calls of each Portal in memory: at most about 6 MB per Portal, if every field has its maximum length.</summary>
internal sealed class RefusedCalls(TimeProvider clock, RefusalLog log) : IRefusedCalls
{
    private const int Kept = 1000;
    private const int KeptOfNetwork = 50;
    private const int MaxPath = 1024;
    private const int MaxKeyId = 128;
    private const int MaxBase = 2048;

    private readonly ConcurrentDictionary<PortalId, Ring> rings = [];

    public void Record(PortalId portal, string? app, string path, string network, SignatureVerdict verdict)
    {
        if (verdict.Reason is not { } reason)
            return;

        var keyId = Cut(verdict.KeyId, MaxKeyId);
        log.Refused(portal, app, reason, keyId);
        var call = new RefusedCall(clock.GetUtcNow(), app, Cut(path, MaxPath)!, keyId, reason, Cut(verdict.SignatureBase, MaxBase), network);
        rings.GetOrAdd(portal, _ => new Ring()).Add(network, call);
    }

    public IReadOnlyList<RefusedCall> Latest(PortalId portal, int limit) =>
        rings.TryGetValue(portal, out var ring) ? ring.Latest(limit) : [];

    private static string? Cut(string? text, int length) => text?.Length > length ? text[..length] : text;

    /// <summary>
    /// The last refused calls of one Portal. When it is full, the oldest call is dropped; when a network has used up its share, the oldest call
    /// of that network.
    /// </summary>
    private sealed class Ring
    {
        private readonly Lock gate = new(); // guards the following
        private readonly LinkedList<(string Network, RefusedCall Call)> calls = []; // the latest first
        private readonly Dictionary<string, Queue<LinkedListNode<(string Network, RefusedCall Call)>>> networks = [];

        public void Add(string network, RefusedCall call)
        {
            lock (gate)
            {
                if (!networks.TryGetValue(network, out var own))
                    networks[network] = own = [];
                if (own.Count == KeptOfNetwork)
                    calls.Remove(own.Dequeue());
                own.Enqueue(calls.AddFirst((network, call)));
                if (calls.Count > Kept)
                    DropOldest();
            }
        }

        public IReadOnlyList<RefusedCall> Latest(int limit)
        {
            lock (gate)
                return [.. calls.Take(limit).Select(kept => kept.Call)];
        }

        private void DropOldest()
        {
            var of = networks[calls.Last!.Value.Network];
            of.Dequeue();
            if (of.Count == 0)
                networks.Remove(calls.Last.Value.Network);
            calls.RemoveLast();
        }
    }
}
