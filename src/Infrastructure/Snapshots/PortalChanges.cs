using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Snapshots;

/// <summary>
/// Counts the changes of each Portal and signals them. Events are reported by <see cref="EventChanges"/>. Whoever writes another row that the
/// owner's pages show calls <see cref="Changed"/> after the commit; <see cref="RowChanges"/> tells the other nodes.
/// </summary>
internal sealed class PortalChanges(TimeProvider clock) : IPortalChanges
{
    private readonly ConcurrentDictionary<PortalId, Bell> bells = new();

    /// <summary>Portals of which other nodes have not been told yet.</summary>
    private readonly ConcurrentDictionary<ShortId, bool> untold = new();

    /// <summary>Part of every mark, so that marks of other nodes and of earlier starts are never equal to one of this process.</summary>
    public string Node { get; } = RandomNumberGenerator.GetHexString(8, lowercase: true);

    /// <summary>Signals that there is something to <see cref="Take"/>.</summary>
    public AsyncSignal Untold { get; } = new(clock);

    public string Mark(PortalId portal) => Mark(BellOf(portal));

    public async Task<string> Next(PortalId portal, string seen, CancellationToken ct)
    {
        var bell = BellOf(portal);
        while (true)
        {
            var beat = bell.Signal.Next;
            if (Mark(bell) is var mark && mark != seen)
                return mark;
            await beat.WaitAsync(ct);
        }
    }

    /// <summary>Reports a change to this node alone.</summary>
    public void Ring(PortalId portal)
    {
        var bell = BellOf(portal);
        Interlocked.Increment(ref bell.Count);
        bell.Signal.Beat();
    }

    /// <summary>Reports to every node that a row was changed that is no event.</summary>
    public void Changed(PortalId portal)
    {
        Ring(portal);
        untold[portal.Short] = true;
        Untold.Beat();
    }

    /// <returns>Portals of which the other nodes are now to be told.</returns>
    public IReadOnlyList<ShortId> Take(int atMost) => [.. untold.Keys.Where(portal => untold.TryRemove(portal, out _)).Take(atMost)];

    private string Mark(Bell bell) => $"{Node}-{Interlocked.Read(ref bell.Count).ToString(CultureInfo.InvariantCulture)}";

    private Bell BellOf(PortalId portal) => bells.GetOrAdd(portal, static (_, clock) => new Bell(new AsyncSignal(clock)), clock);

    private sealed class Bell(AsyncSignal signal)
    {
        /// <summary>Changed with <see cref="Interlocked"/>.</summary>
        public long Count;

        public AsyncSignal Signal { get; } = signal;
    }
}
