using MediatR;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>A peer as its owner sees it.</summary>
/// <param name="Answer">How the last answer of its apps was proven, or null if it is not known.</param>
public sealed record PeerView(Peer Peer, PeerContact Contact, LastAnswer? Answer = null);

/// <summary>The contact list, by short ID.</summary>
/// <param name="Name">Part of the petname or the claimed name, or the beginning of the ID, ignoring case.</param>
/// <param name="After">The short ID after which the list begins, or null for its beginning.</param>
public sealed record ListPeers(PortalId Portal, string? Name, PeerStatus? Status, string? After, int Limit) : IRequest<IReadOnlyList<PeerView>>
{
    internal sealed class Handler(IPortalSnapshots snapshots, IPeerContacts contacts, IPeerAnswers answers)
        : IRequestHandler<ListPeers, IReadOnlyList<PeerView>>
    {
        public async Task<IReadOnlyList<PeerView>> Handle(ListPeers q, CancellationToken ct)
        {
            var peers = snapshots.Require(q.Portal).Peers.Values
                .Where(p => p.Listed && (q.Status is null || p.Status == q.Status) && (q.Name is null || p.IsCalled(q.Name)))
                .Where(p => string.CompareOrdinal(p.Short.Value, q.After) > 0)
                .OrderBy(p => p.Short.Value, StringComparer.Ordinal)
                .Take(q.Limit)
                .ToList();
            var found = await contacts.Find(q.Portal, peers.ConvertAll(p => p.Short), ct);
            return peers.ConvertAll(p => new PeerView(p, found.GetValueOrDefault(p.Short, PeerContact.None), answers.Last(q.Portal, p.Short)));
        }
    }
}

public static class PeerNames
{
    /// <param name="part">Part of a name, or the beginning of an ID, ignoring case.</param>
    public static bool IsCalled(this Peer peer, string part) =>
        peer.Petname?.Contains(part, StringComparison.OrdinalIgnoreCase) == true
        || peer.ClaimedName?.Contains(part, StringComparison.OrdinalIgnoreCase) == true
        || (TypedPortalId.TryParse(part, out var typed) ? peer.MayBe(typed) : peer.Short.Value.StartsWith(part, StringComparison.OrdinalIgnoreCase));
}
