using PeerRegistry.Application.Kernel;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>A stranger has added us. Its ID is proven by its signature; the rest is what it says.</summary>
public sealed record PeeringOffer(PortalId Id, string? Name, string Domain, long Revision, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt)
{
    /// <summary>The owner said so.</summary>
    public bool Seen { get; init; }
}

public sealed record DropOffer(PortalId From) : IAlongside;

/// <summary>
/// Table <c>peering_offers</c>, the inbox: 100 a Portal, 5 a network, 30 days. Where it is full, the oldest that the owner has
/// not marked as seen gives way; where all were, the new one stays out.
/// </summary>
public interface IPeeringOffers
{
    /// <summary>Keeps it, renews it, or does nothing: ignored before, no higher revision, no room.</summary>
    /// <param name="network">The sender's /24 or /48.</param>
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
}
