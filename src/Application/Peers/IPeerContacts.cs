using Marten;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>The part of a <see cref="Contact"/> that owners and apps see. It changes often, so it is in no event.</summary>
/// <param name="Waiting">Whether the peer has not answered our wanted state yet.</param>
/// <param name="IsReachable">Null before first contact.</param>
/// <param name="LastSeenAt">Of the last authenticated exchange.</param>
public sealed record PeerContact(bool Waiting, bool? IsReachable, DateTimeOffset? LastSeenAt, DateTimeOffset? NextAttemptAt, ContactError? LastError)
{
    public static readonly PeerContact None = Of(Contact.Initial);

    public static PeerContact Of(Contact contact) =>
        new(contact.Waiting, contact.IsReachable, contact.LastSeenAt, contact.NextAttemptAt, contact.LastError);
}

/// <summary>The newest notice that was taken from a peer's key.</summary>
public readonly record struct TakenNotice(long Revision, WantedPeering Wish);

/// <summary>A contact that is due.</summary>
/// <param name="AskedAt">When the owner asked for it; null if it is due by itself.</param>
/// <param name="ClaimedUntil">When the claim of a node that contacts the peer expires; null if there is none.</param>
public sealed record WaitingContact(PortalId Portal, ShortId Peer, DateTimeOffset DueAt, DateTimeOffset? AskedAt, DateTimeOffset? ClaimedUntil = null);

/// <param name="Contact">Null if the contact is not due, or claimed by another node.</param>
/// <param name="ClaimedUntil">When another node's claim expires; null if there is none.</param>
public readonly record struct ContactClaim(Contact? Contact, DateTimeOffset? ClaimedUntil);

/// <param name="Version">Of the row; 0 if there is none yet.</param>
public readonly record struct StoredContact(Contact Contact, long Version);

/// <summary>Table <c>peer_contacts</c>: one row per peer.</summary>
public interface IPeerContacts
{
    Task<IReadOnlyDictionary<ShortId, PeerContact>> Find(PortalId portal, IReadOnlyCollection<ShortId> peers, CancellationToken ct);

    /// <summary>Peers at whose address somebody else answers, and those that have failed since before <paramref name="before"/>.</summary>
    Task<IReadOnlyList<ShortId>> FindTroubled(PortalId portal, DateTimeOffset before, int atMost, CancellationToken ct);

    /// <returns>When each peer was last heard from. A peer that never was is missing.</returns>
    Task<IReadOnlyDictionary<ShortId, DateTimeOffset>> LastSeen(PortalId portal, CancellationToken ct);

    /// <returns>Whether each peer can be reached. A peer that was never contacted is missing.</returns>
    Task<IReadOnlyDictionary<ShortId, bool>> FindReachable(PortalId portal, CancellationToken ct);

    /// <summary>Until it is finished or the claim expires, nobody else contacts this peer.</summary>
    Task<ContactClaim> Claim(PortalId portal, ShortId peer, DateTimeOffset now, CancellationToken ct);

    /// <summary>Stores what an attempt has brought, ends its claim, and publishes a <see cref="ContactPeer"/> for the next attempt.</summary>
    /// <param name="decide">Pure; called again if the row was changed meanwhile.</param>
    Task Finish(PortalId portal, ShortId peer, Func<Contact, Contact> decide, CancellationToken ct);

    /// <summary>
    /// Loads, decides and stores, and publishes a <see cref="ContactPeer"/> if it was rescheduled. Does nothing if there is no such contact.
    /// </summary>
    /// <param name="decide">Pure; called again if the row was changed meanwhile.</param>
    Task Change(PortalId portal, ShortId peer, Func<Contact, Contact> decide, CancellationToken ct);

    /// <returns><see cref="Contact.Initial"/> if there is none.</returns>
    Task<StoredContact> Load(PortalId portal, ShortId peer, CancellationToken ct);

    /// <summary>
    /// Stores the contact when the session commits, and publishes a <see cref="ContactPeer"/> with it. The session does not commit if the row was
    /// changed since it was loaded.
    /// </summary>
    Task Store(IDocumentSession session, ShortId peer, Contact contact, long expectedVersion);

    /// <summary>
    /// Stores the contact of a new peer when the session commits, without a message, because the process sends none. The peer is contacted from the next
    /// start of the registry on.
    /// </summary>
    void StoreForNextStart(IDocumentSession session, ShortId peer, Contact contact);

    /// <summary>The session does not commit if a newer notice of this peer was taken meanwhile.</summary>
    void RequireRevision(IDocumentSession session, ShortId peer, long revision);

    /// <summary>What was taken from the peer's key no longer counts once the session has committed; the wanted state stays.</summary>
    void ForgetTaken(IDocumentSession session, ShortId peer);

    /// <summary>Deletes the contact when the session commits.</summary>
    void Drop(IDocumentSession session, ShortId peer);

    /// <summary>Takes the revision and wish of a peer's notice, unless the same or a higher revision was taken before.</summary>
    /// <returns>The notice with the highest revision that was taken, this one included.</returns>
    Task<TakenNotice> Take(PortalId portal, ShortId peer, long revision, WantedPeering wish, CancellationToken ct);

    /// <summary>There was an authenticated exchange. Cheap enough for every call: it is gathered in memory and written within about a second.</summary>
    void Heard(PortalId portal, ShortId peer);

    /// <summary>
    /// A call to the peer failed or, if <paramref name="refused"/>, the peer answered it with 401. Cheap enough for every call: it is
    /// gathered in memory and followed up within about a second.
    /// </summary>
    void CallFailed(PortalId portal, ShortId peer, bool refused);
}
