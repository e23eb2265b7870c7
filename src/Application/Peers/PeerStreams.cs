using Marten;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>How the use cases of this feature load peers and contacts.</summary>
internal static class PeerStreams
{
    public static Task<Loaded<Peer, PeerEvent>> LoadPeer(this IAggregates aggregates, IDocumentSession session, ShortId peer, CancellationToken ct) =>
        aggregates.Load<Peer, PeerEvent>(session, Peer.Stream(peer), ct);

    /// <summary>Reads the peer as it is now, outside of any command.</summary>
    /// <returns>Null if there is no such peer.</returns>
    public static async Task<Peer?> ReadPeer(this IAggregates aggregates, PortalId portal, ShortId peer, CancellationToken ct) =>
        (await aggregates.Read<Peer, PeerEvent>(portal, Peer.Stream(peer), ct)).State;

    /// <summary>Changes the peer's contact when the session commits.</summary>
    /// <param name="change">Pure.</param>
    public static async Task Change(
        this IPeerContacts contacts, IDocumentSession session, PortalId portal, ShortId peer, Func<Contact, Contact> change, CancellationToken ct)
    {
        var stored = await contacts.Load(portal, peer, ct);
        await contacts.Store(session, peer, change(stored.Contact), stored.Version);
    }

    /// <summary>
    /// Checks that there is a peer and that it is the one that was typed, because the stream is found by the first six characters of the ID only.
    /// </summary>
    /// <exception cref="Domain.Common.RefusedException"><c>peer_unknown</c></exception>
    public static Peer Meant(this Peer? peer, TypedPortalId typed) => peer?.MayBe(typed) is true ? peer : throw PeerRefusals.Unknown();

    /// <summary>UTC.</summary>
    public static DateOnly Today(this TimeProvider clock) => DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);

    public static PortalSnapshot Require(this IPortalSnapshots snapshots, PortalId portal) =>
        snapshots.Find(portal) ?? throw new InvalidOperationException($"Portal {portal} is not served here.");
}
