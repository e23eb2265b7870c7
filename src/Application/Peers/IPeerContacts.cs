using PeerRegistry.Application.Kernel;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>What a peer is to hear from us. Only the last word counts.</summary>
public enum WantedPeering
{
    Offered,
    Withdrawn,
}

/// <param name="Code">Stable, snake case: <c>peer_unreachable</c>, <c>identity_refused</c>, <c>clock_skew</c>, …</param>
public sealed record ContactError(string Code, string Detail, DateTimeOffset At);

/// <summary>What is volatile about a peer and so in no event.</summary>
/// <param name="Waiting">The last word has not reached it yet.</param>
/// <param name="IsReachable">Null before first contact.</param>
/// <param name="LastSeenAt">Of the last authenticated exchange.</param>
public sealed record PeerContact(bool Waiting, bool? IsReachable, DateTimeOffset? LastSeenAt, DateTimeOffset? NextAttemptAt, ContactError? LastError)
{
    public static readonly PeerContact None = new(false, null, null, null, null);
}

/// <summary>The newest notice that was taken from a peer's key.</summary>
public readonly record struct TakenNotice(long Revision, WantedPeering Wish);

/// <summary>A contact that is due and that nobody has claimed.</summary>
/// <param name="AskedAt">When the owner asked for it; null if it is due by itself.</param>
public sealed record WaitingContact(PortalId Portal, ShortId Peer, DateTimeOffset DueAt, DateTimeOffset? AskedAt);

/// <summary>A contact that is claimed: nobody else contacts this peer until it is finished or the claim expires.</summary>
/// <param name="Revision">Of the wanted state.</param>
/// <param name="Delivered">The last revision that the peer has answered.</param>
/// <param name="Domain">Where a peer that is no longer listed is asked.</param>
/// <param name="Key">Who answers there; null: nobody was pinned.</param>
/// <param name="MeetDueAt">When to ask again who lives there; null: never asked.</param>
/// <param name="Doubted">It has said or shown once that we are not in its list, although we hold it to be mutual.</param>
/// <param name="Attempts">Failed ones since it was last heard from.</param>
/// <param name="Wakes">Rises when the row is brought forward, so that a visit under way does not put it off again.</param>
public sealed record DueContact(
    PortalId Portal, ShortId Peer, WantedPeering Wanted, long Revision, long Delivered, string? Domain, PublicKey? Key, string? Invite, DateTimeOffset? MeetDueAt,
    bool Doubted, DateTimeOffset? RestatedAt, int Attempts, DateTimeOffset? FailingSince, long Wakes);

/// <param name="Heard">There was an authenticated exchange.</param>
/// <param name="MeetDueAt">Null: as it was.</param>
/// <param name="Delivered">The revision that was answered; null: none.</param>
/// <param name="RevisionAtLeast">What the next word must not fall below; null: as it was.</param>
/// <param name="Restate">Say it again, with a new revision.</param>
public sealed record ContactOutcome(
    DueContact Due, DateTimeOffset At, bool Heard, DateTimeOffset? MeetDueAt, long? Delivered, long? RevisionAtLeast, bool Doubted, bool Restate,
    ContactError? Error, int Attempts, DateTimeOffset? FailingSince, DateTimeOffset? NextAttemptAt);

/// <summary>Overwrites the wanted state, with a revision above every one before it, and makes the contact due at once.</summary>
/// <param name="Domain">With <see cref="WantedPeering.Withdrawn"/>: where to, since the contact is gone.</param>
/// <param name="ByOwner">Whether the owner asked for it and so it may use the slots reserved for owners.</param>
public sealed record WantPeering(
    ShortId Peer, WantedPeering Wanted, DateTimeOffset Now, string? Domain = null, PublicKey? Key = null, string? Invite = null, bool ByOwner = true) : IAlongside;

/// <summary>Undoes the transaction where a newer notice of this peer was taken meanwhile.</summary>
public sealed record RequireRevision(ShortId Peer, long Revision) : IAlongside;

/// <summary>Nothing is to be said to it, and what was taken from its key no longer counts.</summary>
/// <param name="Entirely">The row goes, too; else the wanted state stays.</param>
public sealed record ForgetContact(ShortId Peer, bool Entirely) : IAlongside;

/// <summary>Table <c>peer_contacts</c>: one row per peer, the to-do row and what the last visits brought.</summary>
public interface IPeerContacts
{
    Task<IReadOnlyDictionary<ShortId, PeerContact>> Find(PortalId portal, IReadOnlyCollection<ShortId> peers, CancellationToken ct);

    /// <summary>
    /// Contacts that are due and not claimed, of each Portal: those longest due, and those that its owner has asked for most recently.
    /// </summary>
    /// <param name="atMost">Of either kind, for each Portal.</param>
    Task<IReadOnlyList<WaitingContact>> FindDue(IReadOnlyCollection<PortalId> portals, DateTimeOffset now, int atMost, CancellationToken ct);

    /// <returns>Null if the contact is not due, or claimed by another node.</returns>
    Task<DueContact?> Claim(PortalId portal, ShortId peer, DateTimeOffset now, CancellationToken ct);

    Task Finish(ContactOutcome outcome, CancellationToken ct);

    /// <summary>Takes the revision and wish of a peer's notice, unless the same or a higher revision was taken before.</summary>
    /// <returns>The notice with the highest revision that was taken, this one included.</returns>
    Task<TakenNotice> Take(PortalId portal, ShortId peer, long revision, WantedPeering wish, CancellationToken ct);

    /// <summary>An authenticated exchange; cheap enough for every call.</summary>
    void Heard(PortalId portal, ShortId peer);

    /// <summary>The owner wants it tried now: who lives there, and what is still to be said.</summary>
    Task TryNow(PortalId portal, ShortId peer, CancellationToken ct);

    /// <summary>Asks soon who lives there: somebody with this ID has knocked before first contact.</summary>
    Task BringForward(PortalId portal, ShortId peer, CancellationToken ct);

    /// <summary>
    /// Cheap enough for every call: it is soon asked again who lives there or, where the peer answered 401, told again what we
    /// want, at most every ten minutes.
    /// </summary>
    void CallFailed(PortalId portal, ShortId peer, bool refused);

    /// <summary>There may be something due: look now.</summary>
    void Nudge();
}
