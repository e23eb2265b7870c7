using Marten;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>A stranger has added us. Its ID is proven by its signature; the rest is what it says.</summary>
public sealed record PeeringOffer(PortalId Id, string? Name, string Domain, long Revision, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt)
{
    /// <summary>The owner said so.</summary>
    public bool Seen { get; init; }
}

/// <summary>
/// Table <c>peering_offers</c>, the inbox: 100 offers for a Portal, 5 of them from one network, kept for 30 days. When it is over-full, the newest
/// offer of the most crowded network gives way. An offer that the owner has marked as seen never does.
/// </summary>
public interface IPeeringOffers
{
    /// <summary>Keeps a new offer or renews a known one. Does nothing if it was ignored before, has no higher revision, or finds no room.</summary>
    /// <param name="network">The sender's /24 or /48, such as <c>198.51.100.0/24</c>.</param>
    Task Keep(PortalId portal, PeeringOffer offer, string network, CancellationToken ct);

    /// <summary>It has taken its offer back.</summary>
    Task Withdraw(PortalId portal, PortalId from, long revision, CancellationToken ct);

    /// <summary>By ID.</summary>
    Task<IReadOnlyList<PeeringOffer>> List(PortalId portal, string after, int limit, CancellationToken ct);

    /// <summary>All that are in the inbox now: none of them gives way any more.</summary>
    Task MarkSeen(PortalId portal, CancellationToken ct);

    /// <returns>Null: none that still stands.</returns>
    Task<PeeringOffer?> Find(PortalId portal, PortalId from, CancellationToken ct);

    /// <summary>It is shown no more, whatever it sends.</summary>
    /// <returns>False: there was none.</returns>
    Task<bool> Ignore(PortalId portal, PortalId from, CancellationToken ct);

    /// <summary>Deletes the offer when the session commits.</summary>
    void Drop(IDocumentSession session, PortalId from);
}
