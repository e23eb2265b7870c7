using Marten;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>
/// Table <c>peer_apps</c>: the names of the apps that a mutual peer says we may use on its Portal. It is the peer's own word, and no row means that it
/// does not say.
/// </summary>
public interface IPeerApps
{
    Task<IReadOnlyDictionary<ShortId, IReadOnlySet<string>>> Find(PortalId portal, IReadOnlyCollection<ShortId> peers, CancellationToken ct);

    /// <summary>Does nothing if the peer has been removed meanwhile.</summary>
    /// <param name="apps">Null if the peer does not say.</param>
    Task Keep(PortalId portal, ShortId peer, IReadOnlyCollection<string>? apps, CancellationToken ct);

    /// <summary>Deletes the row when the session commits.</summary>
    void Drop(IDocumentSession session, ShortId peer);
}
