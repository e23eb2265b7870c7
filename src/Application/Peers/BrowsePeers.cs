using MediatR;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <param name="Total">Of those asked for, on all pages.</param>
/// <param name="Listed">In the contact list, whether asked for or not.</param>
public sealed record FoundPeers(IReadOnlyList<PeerView> Peers, int Total, int Listed);

/// <summary>A page of the contact list as a person reads it: by name.</summary>
/// <param name="Text">Part of a name, or the beginning of an ID.</param>
/// <param name="Number">From 1.</param>
public sealed record BrowsePeers(PortalId Portal, string? Text, PeerStanding? Standing, int Number) : IRequest<FoundPeers>
{
    public const int Size = 50;

    internal sealed class Handler(IPortalSnapshots snapshots, IPeerContacts contacts) : IRequestHandler<BrowsePeers, FoundPeers>
    {
        public async Task<FoundPeers> Handle(BrowsePeers q, CancellationToken ct)
        {
            var listed = snapshots.Require(q.Portal).Peers.Values.Where(p => p.Listed).ToList();
            var asked = listed.Where(p => (q.Standing is null || p.Standing() == q.Standing) && (q.Text is null || p.IsCalled(q.Text))).ToList();
            asked.Sort((a, b) => string.Compare(a.Name, b.Name, StringComparison.OrdinalIgnoreCase) is var byName and not 0
                ? byName
                : string.CompareOrdinal(a.Short.Value, b.Short.Value));
            var page = asked.Skip((Math.Max(q.Number, 1) - 1) * Size).Take(Size).ToList();
            var found = await contacts.Find(q.Portal, page.ConvertAll(p => p.Short), ct);
            return new FoundPeers(page.ConvertAll(p => new PeerView(p, found.GetValueOrDefault(p.Short, PeerContact.None))), asked.Count, listed.Count);
        }
    }
}

/// <summary>How a peer stands with us, in one word each.</summary>
public enum PeerStanding
{
    Mutual,
    Pending,
    Withdrawn,
    Blocked,
}

public static class PeerStandings
{
    public static PeerStanding Standing(this PeerRow peer) => peer switch
    {
        { Blocked: true } => PeerStanding.Blocked,
        { Status: PeerStatus.Mutual } => PeerStanding.Mutual,
        { Status: PeerStatus.Withdrawn } => PeerStanding.Withdrawn,
        _ => PeerStanding.Pending,
    };
}
