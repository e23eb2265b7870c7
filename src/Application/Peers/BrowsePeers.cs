using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using MediatR;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <param name="Total">The number of peers that match, on all pages.</param>
/// <param name="Listed">The number of peers in the contact list, matching or not.</param>
public sealed record FoundPeers(IReadOnlyList<PeerView> Peers, int Total, int Listed);

/// <summary>A page of the contact list, ordered by name.</summary>
/// <param name="Text">Part of a name, or the beginning of an ID.</param>
/// <param name="Number">From 1.</param>
public sealed record BrowsePeers(PortalId Portal, string? Text, PeerStanding? Standing, int Number) : IRequest<FoundPeers>
{
    public const int Size = 50;

    internal sealed class Handler(IPortalSnapshots snapshots, IPeerContacts contacts) : IRequestHandler<BrowsePeers, FoundPeers>
    {
        /// <summary>The list of a snapshot never changes, so it is sorted once.</summary>
        private static readonly ConditionalWeakTable<ImmutableDictionary<ShortId, Peer>, Peer[]> ByName = [];

        public async Task<FoundPeers> Handle(BrowsePeers q, CancellationToken ct)
        {
            var listed = ByName.GetValue(snapshots.Require(q.Portal).Peers, Sort);
            var asked = q is { Text: null, Standing: null }
                ? listed
                : [.. listed.Where(p => (q.Standing is null || p.Standing() == q.Standing) && (q.Text is null || p.IsCalled(q.Text)))];
            var page = asked.Skip((Math.Max(q.Number, 1) - 1) * Size).Take(Size).ToList();
            var found = await contacts.Find(q.Portal, page.ConvertAll(p => p.Short), ct);
            return new FoundPeers(page.ConvertAll(p => new PeerView(p, found.GetValueOrDefault(p.Short, PeerContact.None))), asked.Length, listed.Length);
        }

        private static Peer[] Sort(ImmutableDictionary<ShortId, Peer> peers) =>
            [.. peers.Values.Where(p => p.Listed).OrderBy(p => p.Name, StringComparer.OrdinalIgnoreCase).ThenBy(p => p.Short.Value, StringComparer.Ordinal)];
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
