using Marten;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>An offer of a Portal that has added us. Its ID is proven by its signature; everything else is only its claim.</summary>
public sealed record PeeringOffer(PortalId Id, string? Name, string Domain, long Revision, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt)
{
    /// <summary>Whether the owner has seen the offer.</summary>
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

    /// <summary>Deletes an offer that its sender has withdrawn.</summary>
    Task Withdraw(PortalId portal, PortalId from, long revision, CancellationToken ct);

    /// <summary>By ID.</summary>
    Task<IReadOnlyList<PeeringOffer>> List(PortalId portal, string after, int limit, CancellationToken ct);

    /// <summary>Marks every offer in the inbox as seen, so that none of them is evicted.</summary>
    Task MarkSeen(PortalId portal, CancellationToken ct);

    /// <returns>The IDs of the offers in the inbox that are not marked as seen.</returns>
    Task<IReadOnlyList<PortalId>> FindNew(PortalId portal, CancellationToken ct);

    /// <summary>The ignored offers, the latest first.</summary>
    Task<IReadOnlyList<PeeringOffer>> ListIgnored(PortalId portal, CancellationToken ct);

    /// <returns>Null if there is no open or ignored offer of this ID.</returns>
    Task<PeeringOffer?> Find(PortalId portal, PortalId from, CancellationToken ct);

    /// <summary>Hides the offer from the inbox, even if it is sent again.</summary>
    /// <returns>False if there was none.</returns>
    Task<bool> Ignore(PortalId portal, PortalId from, CancellationToken ct);

    /// <summary>Puts an ignored offer back into the inbox, marked as seen.</summary>
    /// <returns>False if there was none.</returns>
    Task<bool> TakeBack(PortalId portal, PortalId from, CancellationToken ct);

    /// <summary>Deletes the offer when the session commits.</summary>
    void Drop(IDocumentSession session, PortalId from);
}
