using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.LaterCalls;

/// <summary>
/// Limits from how many queues this process delivers at the same time, in all and for one Portal, since a peer that accepts a call and never answers
/// holds up a slot until a time-out.
/// </summary>
internal sealed class DeliverySlots(TimeProvider clock)
{
    public const int AtOnce = 128;

    private const int PerPortal = 32;

    private readonly Lock gate = new(); // guards the following
    private readonly Dictionary<PortalId, int> used = [];
    private readonly Dictionary<DeferredCallsDue, DateTimeOffset> scheduled = [];

    /// <returns>Frees the slot when disposed, or null if the Portal has none left.</returns>
    public IDisposable? TryEnter(PortalId portal)
    {
        lock (gate)
        {
            var taken = used.GetValueOrDefault(portal);
            if (taken >= PerPortal)
                return null;
            used[portal] = taken + 1;
            return new Slot(this, portal);
        }
    }

    /// <summary>Whether no message of this queue is scheduled yet. Every call that is accepted while a queue is claimed has one, and one is enough.</summary>
    public bool IsFirst(DeferredCallsDue queue, DateTimeOffset at)
    {
        lock (gate)
        {
            var now = clock.GetUtcNow();
            if (scheduled.TryGetValue(queue, out var earlier) && earlier > now)
                return false;
            foreach (var (passed, _) in scheduled.Where(each => each.Value <= now).ToList())
                scheduled.Remove(passed);
            scheduled[queue] = at;
            return true;
        }
    }

    private void Leave(PortalId portal)
    {
        lock (gate)
        {
            if (--used[portal] == 0)
                used.Remove(portal);
        }
    }

    private sealed class Slot(DeliverySlots slots, PortalId portal) : IDisposable
    {
        public void Dispose() => slots.Leave(portal);
    }
}
