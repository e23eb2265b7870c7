using PeerRegistry.Application.Peers;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>Contacts that wait in this process for one of the <see cref="ContactSlots"/>.</summary>
internal sealed class ContactQueue(ContactSlots slots)
{
    private readonly Lock sync = new(); // guards the lists
    private readonly List<RunningContact> running = [];
    private readonly List<Waiter> waiting = [];

    /// <summary>Waits for a slot. A later call for the same peer takes over the place of an earlier one that still waits.</summary>
    /// <returns>Frees the slot when disposed; null if a later call took over.</returns>
    public async Task<IDisposable?> Enter(WaitingContact contact, CancellationToken ct)
    {
        var waiter = new Waiter(contact);
        lock (sync)
        {
            if (waiting.Find(other => (other.Contact.Portal, other.Contact.Peer) == (contact.Portal, contact.Peer)) is { } earlier)
                Drop(earlier);
            waiting.Add(waiter);
            Begin();
        }

        await using var cancelled = ct.Register(() =>
        {
            lock (sync)
                Drop(waiter);
        });
        var slot = await waiter.Slot.Task;
        if (slot is null)
            ct.ThrowIfCancellationRequested();
        return slot;
    }

    /// <summary>How many contacts of a Portal wait.</summary>
    public int Waiting(Domain.Portals.PortalId portal)
    {
        lock (sync)
            return waiting.Count(waiter => waiter.Contact.Portal == portal);
    }

    private void Leave(RunningContact contact)
    {
        lock (sync)
        {
            running.Remove(contact);
            Begin();
        }
    }

    private void Begin()
    {
        foreach (var begun in slots.Fill(running, waiting.Select(waiter => waiter.Contact)))
        {
            var waiter = waiting.Find(each => (each.Contact.Portal, each.Contact.Peer) == (begun.Portal, begun.Peer))!;
            waiting.Remove(waiter);
            running.Add(begun);
            waiter.Slot.SetResult(new Slot(this, begun));
        }
    }

    private void Drop(Waiter waiter)
    {
        if (waiting.Remove(waiter))
            waiter.Slot.SetResult(null);
    }

    private sealed record Waiter(WaitingContact Contact)
    {
        public TaskCompletionSource<Slot?> Slot { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Slot(ContactQueue queue, RunningContact contact) : IDisposable
    {
        public void Dispose() => queue.Leave(contact);
    }
}
