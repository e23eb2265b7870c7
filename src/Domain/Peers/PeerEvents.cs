using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Peers;

/// <summary>
/// An event of stream <c>peer-{short id}</c>, which holds the relation to one peer, handshake included. <c>Id</c> is the full ID; it is
/// null if the owner typed only a part of it and the peer has not been reached yet.
/// </summary>
public abstract record PeerEvent : DomainEvent;

/// <summary>The peer was added to the contact list or, before first contact, more characters of its ID were typed.</summary>
/// <param name="Typed">6 to 103 characters.</param>
/// <param name="Domain">Where the peer is contacted: the given address, otherwise <c>{short id}.{our zone}</c>.</param>
/// <param name="Verification">How a matching key will count as verified.</param>
[WireName("peer_added")]
public sealed record PeerAdded(
    PortalId? Id, TypedPortalId Typed, string? Petname, string? Address, string Domain, PeerVerification Verification) : PeerEvent;

/// <param name="Petname">The owner's name for the peer, or null if it was removed, so that the claimed name is shown.</param>
[WireName("peer_renamed")]
public sealed record PeerRenamed(PortalId? Id, string? Petname) : PeerEvent;

/// <param name="Address">The given address, or null if the peer is contacted at its name in our zone again.</param>
[WireName("peer_address_changed")]
public sealed record PeerAddressChanged(PortalId? Id, string? Address, string Domain) : PeerEvent;

/// <summary>
/// The peer said, signed with its pinned key, that its address is another one, and proved with that key that it is there. Recorded at most ten
/// times a day.
/// </summary>
/// <param name="Address">The new address, or null if it is the peer's name in our zone.</param>
/// <param name="Day">The day in UTC.</param>
[WireName("peer_moved")]
public sealed record PeerMoved(PortalId Id, string? Address, string Domain, DateOnly Day) : PeerEvent;

/// <summary>The key was fixed at first contact; every later key must match it.</summary>
/// <param name="Name">The name that the peer claims, or null if it claims none.</param>
/// <param name="Signed">Whether the answer that contained the key was signed with it, which the original core cannot do.</param>
[WireName("peer_key_pinned")]
public sealed record PeerKeyPinned(PortalId Id, PublicKey Key, string? Name, PeerVerification Verification, bool Signed) : PeerEvent;

/// <summary>The owner put the peer into circles or took it out of some.</summary>
/// <param name="Circles">All circles that the peer is in from now on.</param>
[WireName("peer_circles_set")]
public sealed record PeerCirclesSet(PortalId? Id, CircleSet Circles) : PeerEvent;

/// <summary>Both owners compared their numbers, and they were the same, so the pinned key is the intended one. Each side records its own.</summary>
[WireName("peer_verified")]
public sealed record PeerVerified(PortalId Id) : PeerEvent;

/// <summary>A key answered that is not the pinned or typed one. Recorded at most once per key and day, and at most ten times a day.</summary>
/// <param name="Answered">The ID of the key that answered.</param>
/// <param name="Day">The day in UTC.</param>
[WireName("peer_identity_refused")]
public sealed record PeerIdentityRefused(PortalId? Id, PortalId Answered, DateOnly Day) : PeerEvent;

/// <summary>The peer made a signature that only our protocol has. From now on it is never treated as one that runs the original core.</summary>
[WireName("peer_protocol_seen")]
public sealed record PeerProtocolSeen(PortalId Id) : PeerEvent;

/// <summary>The peer claims another name. The owner's petname is not changed. Recorded at most ten times a day.</summary>
/// <param name="Day">The day in UTC, or null in events that were recorded before names were counted.</param>
[WireName("peer_name_claimed")]
public sealed record PeerNameClaimed(PortalId Id, string? Name, DateOnly? Day = null) : PeerEvent;

/// <summary>Our offer reached the peer. Recorded once per addition.</summary>
/// <param name="ToOriginal">Whether the peer has no endpoint for offers because it runs the original core.</param>
[WireName("peering_offered")]
public sealed record PeeringOffered(PortalId Id, bool ToOriginal) : PeerEvent;

/// <summary>Both Portals have added each other.</summary>
[WireName("peering_confirmed")]
public sealed record PeeringConfirmed(PortalId Id) : PeerEvent;

/// <summary>The peer no longer has this Portal in its contact list.</summary>
[WireName("peering_withdrawn")]
public sealed record PeeringWithdrawn(PortalId Id) : PeerEvent;

/// <summary>The peer was removed from the contact list. Its key stays pinned.</summary>
[WireName("peer_removed")]
public sealed record PeerRemoved(PortalId? Id) : PeerEvent;

[WireName("peer_blocked")]
public sealed record PeerBlocked(PortalId? Id) : PeerEvent;

[WireName("peer_unblocked")]
public sealed record PeerUnblocked(PortalId? Id) : PeerEvent;

/// <summary>The owner wrote something down about the peer. It is the owner's alone and is never sent to anyone.</summary>
/// <param name="Note">Null if the note was deleted.</param>
[WireName("peer_noted")]
public sealed record PeerNoted(PortalId? Id, string? Note) : PeerEvent;

/// <summary>The pinned key was dropped. If the peer is added again, it starts as a new one and inherits nothing.</summary>
[WireName("peer_identity_forgotten")]
public sealed record PeerIdentityForgotten(PortalId Id) : PeerEvent;

public enum PeerStatus
{
    /// <summary>We have added the peer. It has not added us, or has not been reached yet.</summary>
    Pending,

    /// <summary>Both Portals have added each other.</summary>
    Mutual,

    /// <summary>The peer had added us, and has removed us since.</summary>
    Withdrawn,
}

/// <summary>How it was established that the pinned key belongs to the intended Portal.</summary>
public enum PeerVerification
{
    /// <summary>The owner typed all 103 characters of the ID.</summary>
    FullId,

    /// <summary>The first key that answered was trusted.</summary>
    FirstUse,

    /// <summary>The peer used an invite of ours, or we used one of the peer's.</summary>
    Invite,

    /// <summary>Both owners compared the numbers that follow from both IDs; see <see cref="Comparison"/>.</summary>
    Compared,
}
