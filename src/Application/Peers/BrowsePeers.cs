using MediatR;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <param name="Total">The number of peers that match, on all pages.</param>
/// <param name="Listed">The number of peers in the contact list, matching or not.</param>
/// <param name="Pictured">Those of the page that show a picture of themselves.</param>
public sealed record FoundPeers(IReadOnlyList<PeerView> Peers, int Total, int Listed, IReadOnlySet<ShortId> Pictured);

public enum PeerOrder
{
    /// <summary>By name, ignoring case and accents. Peers without a name come last.</summary>
    Name,

    /// <summary>The peer that was heard from last comes first.</summary>
    Heard,

    /// <summary>The peer that was added last comes first.</summary>
    Added,
}

/// <summary>A page of the contact list.</summary>
/// <param name="Number">From 1.</param>
public sealed record BrowsePeers(PortalId Portal, PeerFilter Filter, PeerOrder Order, int Number) : IRequest<FoundPeers>
{
    public const int Size = 50;

    internal sealed class Handler(IPortalSnapshots snapshots, IPeerContacts contacts, IPeerProfiles profiles) : IRequestHandler<BrowsePeers, FoundPeers>
    {
        public async Task<FoundPeers> Handle(BrowsePeers q, CancellationToken ct)
        {
            var snapshot = snapshots.Require(q.Portal);
            var asked = snapshot.FindPeers(q.Filter).ToList();
            var page = (await Sorted(asked, q, ct)).Skip((Math.Max(q.Number, 1) - 1) * Size).Take(Size).ToList();
            var ids = page.ConvertAll(p => p.Short);
            var found = await contacts.Find(q.Portal, ids, ct);
            return new FoundPeers(
                page.ConvertAll(p => new PeerView(p, found.GetValueOrDefault(p.Short, PeerContact.None))),
                asked.Count,
                snapshot.ListedPeers(),
                await profiles.WithPicture(q.Portal, ids, ct));
        }

        private async Task<IEnumerable<Peer>> Sorted(List<Peer> byName, BrowsePeers q, CancellationToken ct)
        {
            switch (q.Order)
            {
                case PeerOrder.Added:
                    return byName.OrderByDescending(peer => peer.AddedAt);
                case PeerOrder.Heard:
                    var seen = await contacts.LastSeen(q.Portal, ct);
                    return byName.OrderByDescending(peer => seen.GetValueOrDefault(peer.Short));
                default:
                    return byName;
            }
        }
    }
}

/// <summary>The state of a peering in one word.</summary>
public enum PeerStanding
{
    Mutual,
    Pending,
    Withdrawn,
    Blocked,
}

public static class PeerStandings
{
    public static PeerStanding Standing(this Peer peer) => peer switch
    {
        { Blocked: true } => PeerStanding.Blocked,
        { Status: PeerStatus.Mutual } => PeerStanding.Mutual,
        { Status: PeerStatus.Withdrawn } => PeerStanding.Withdrawn,
        _ => PeerStanding.Pending,
    };
}
