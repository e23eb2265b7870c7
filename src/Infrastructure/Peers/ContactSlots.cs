using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Peers;

/// <summary>A contact that this process is making.</summary>
/// <param name="Reserved">Whether it uses a slot that is reserved for owners.</param>
internal sealed record RunningContact(PortalId Portal, ShortId Peer, bool Reserved);

/// <summary>
/// Decides which waiting contacts begin. A peer that accepts a connection and never answers holds a slot until a time-out, so:
/// <list type="bullet">
/// <item>one Portal gets <see cref="RegistryOptions.PeeringOptions.ContactsPerPortal"/> slots at most;</item>
/// <item>a free slot goes to the Portal that uses the fewest;</item>
/// <item>contacts that an owner has asked for come before the others of the Portal, the latest first, and have additional reserved slots.</item>
/// </list>
/// </summary>
internal sealed class ContactSlots(RegistryOptions options)
{
    private const int ReservedPerPortal = 2;
    private readonly RegistryOptions.PeeringOptions limits = options.Peering;

    public IReadOnlyList<RunningContact> Fill(IReadOnlyCollection<RunningContact> running, IEnumerable<WaitingContact> waiting)
    {
        var begun = running.Select(contact => (contact.Portal, contact.Peer)).ToHashSet();
        var inOrder = waiting.Where(contact => !begun.Contains((contact.Portal, contact.Peer)))
            .OrderByDescending(contact => contact.AskedAt).ThenBy(contact => contact.DueAt).ToList();
        var common = Begin(inOrder, running, reserved: false, limits.ContactsAtOnce, limits.ContactsPerPortal);
        var asked = inOrder.Where(contact => contact.AskedAt is not null).ToList();
        return [.. common, .. Begin(asked, running, reserved: true, limits.ContactsForOwners, ReservedPerPortal)];
    }

    /// <summary>Takes contacts out of <paramref name="waiting"/>, always the first one of the Portal that uses the fewest slots.</summary>
    private static List<RunningContact> Begin(
        List<WaitingContact> waiting, IReadOnlyCollection<RunningContact> running, bool reserved, int atMost, int perPortal)
    {
        var used = running.Where(contact => contact.Reserved == reserved).CountBy(contact => contact.Portal).ToDictionary();
        var begun = new List<RunningContact>();
        for (var free = atMost - used.Values.Sum(); free > 0; free--)
        {
            var next = waiting.Where(contact => used.GetValueOrDefault(contact.Portal) < perPortal).MinBy(contact => used.GetValueOrDefault(contact.Portal));
            if (next is null)
                break;

            waiting.Remove(next);
            used[next.Portal] = used.GetValueOrDefault(next.Portal) + 1;
            begun.Add(new RunningContact(next.Portal, next.Peer, reserved));
        }

        return begun;
    }
}
