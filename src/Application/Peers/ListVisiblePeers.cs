using MediatR;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <param name="IsReachable">Null before first contact.</param>
/// <param name="HasApp">Whether the peer says that we may use this app on its Portal; null if it does not say.</param>
public sealed record VisiblePeer(Peer Peer, bool? IsReachable, bool? HasApp = null);

/// <summary>Lists the peers that an app may see, by short ID. Blocked peers are hidden from every app.</summary>
/// <param name="Id">Returns only the peer with this ID.</param>
/// <param name="Name">Part of the name, ignoring case.</param>
/// <param name="After">The short ID after which the list begins, or null for its beginning.</param>
public sealed record ListVisiblePeers(PortalId Portal, string App, TypedPortalId? Id, string? Name, string? After, int Limit)
    : IRequest<IReadOnlyList<VisiblePeer>>
{
    public static bool Sees(App app, Peer peer) =>
        peer is { Listed: true, Blocked: false } && app.Shows(peer);

    internal sealed class Handler(IPortalSnapshots snapshots, IPeerContacts contacts, IPeerApps apps)
        : IRequestHandler<ListVisiblePeers, IReadOnlyList<VisiblePeer>>
    {
        public async Task<IReadOnlyList<VisiblePeer>> Handle(ListVisiblePeers q, CancellationToken ct)
        {
            if (snapshots.Find(q.Portal) is not { } portal || !portal.Apps.TryGetValue(q.App, out var app))
                return [];

            var asked = q.Id is { } one ? portal.Peers.TryGetValue(one.Short, out var found) && found.MayBe(one) ? [found] : [] : portal.Peers.Values;
            var seen = asked
                .Where(peer => Sees(app, peer) && (q.Name is null || peer.Name.Contains(q.Name, StringComparison.OrdinalIgnoreCase)))
                .Where(peer => string.CompareOrdinal(peer.Short.Value, q.After) > 0)
                .OrderBy(peer => peer.Short.Value, StringComparer.Ordinal)
                .Take(q.Limit)
                .ToList();
            if (seen.Count == 0)
                return [];

            var contact = await contacts.Find(q.Portal, seen.ConvertAll(peer => peer.Short), ct);
            var said = await apps.Find(q.Portal, [.. seen.Where(peer => peer.IsMutual).Select(peer => peer.Short)], ct);
            return seen.ConvertAll(peer => new VisiblePeer(
                peer, contact.GetValueOrDefault(peer.Short, PeerContact.None).IsReachable, said.GetValueOrDefault(peer.Short)?.Contains(q.App)));
        }
    }
}
