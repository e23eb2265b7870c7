using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Peers;

/// <summary>
/// Stream <c>peer-{short id}</c>: one relation, handshake included. <c>Id</c> is the full ID; where it may be null, the owner
/// typed less and the contact was not reached yet.
/// </summary>
public abstract record PeerEvent : DomainEvent;

/// <summary>Put into the contact list; or, before first contact, a longer spelling of its ID was typed.</summary>
/// <param name="Typed">6 to 103 characters.</param>
/// <param name="Domain">Where it is asked: the address given, else <c>{short id}.{our zone}</c>.</param>
/// <param name="Verification">What a key that fits will be worth.</param>
[WireName("peer_added")]
public sealed record PeerAdded(
    PortalId? Id, TypedPortalId Typed, string? Petname, string? Address, string Domain, PeerVerification Verification) : PeerEvent;

/// <param name="Petname">Null: taken away, so that the claimed name shows.</param>
[WireName("peer_renamed")]
public sealed record PeerRenamed(PortalId? Id, string? Petname) : PeerEvent;

/// <param name="Address">Null: back to its name in our zone.</param>
[WireName("peer_address_changed")]
public sealed record PeerAddressChanged(PortalId? Id, string? Address, string Domain) : PeerEvent;

/// <summary>First contact fixed the key; a later one must match it.</summary>
/// <param name="Name">As claimed.</param>
/// <param name="Signed">The answer that brought the key was signed with it; originals cannot.</param>
[WireName("peer_key_pinned")]
public sealed record PeerKeyPinned(PortalId Id, PublicKey Key, string? Name, PeerVerification Verification, bool Signed) : PeerEvent;

/// <summary>Another key answered than was pinned or typed. At most one per key and day, ten a day.</summary>
/// <param name="Answered">The ID of the key that answered.</param>
/// <param name="Day">UTC.</param>
[WireName("peer_identity_refused")]
public sealed record PeerIdentityRefused(PortalId? Id, PortalId Answered, DateOnly Day) : PeerEvent;

/// <summary>It signed as only our protocol does, so it is no original and never will be again.</summary>
[WireName("peer_protocol_seen")]
public sealed record PeerProtocolSeen(PortalId Id) : PeerEvent;

/// <summary>The peer calls itself by another name now. The owner's petname stays. At most ten per day.</summary>
/// <param name="Day">UTC; null in events that were recorded before names were counted.</param>
[WireName("peer_name_claimed")]
public sealed record PeerNameClaimed(PortalId Id, string? Name, DateOnly? Day = null) : PeerEvent;

/// <summary>Our offer reached it; once per addition.</summary>
/// <param name="ToOriginal">It has no path for offers: it runs the original core.</param>
[WireName("peering_offered")]
public sealed record PeeringOffered(PortalId Id, bool ToOriginal) : PeerEvent;

/// <summary>Both have added each other.</summary>
[WireName("peering_confirmed")]
public sealed record PeeringConfirmed(PortalId Id) : PeerEvent;

/// <summary>They no longer have us in their list.</summary>
[WireName("peering_withdrawn")]
public sealed record PeeringWithdrawn(PortalId Id) : PeerEvent;

/// <summary>Taken off the contact list. The pinned key stays.</summary>
[WireName("peer_removed")]
public sealed record PeerRemoved(PortalId? Id) : PeerEvent;

[WireName("peer_blocked")]
public sealed record PeerBlocked(PortalId? Id) : PeerEvent;

[WireName("peer_unblocked")]
public sealed record PeerUnblocked(PortalId? Id) : PeerEvent;

/// <summary>The pin is dropped: a later addition starts afresh and inherits nothing.</summary>
[WireName("peer_identity_forgotten")]
public sealed record PeerIdentityForgotten(PortalId Id) : PeerEvent;

public enum PeerStatus
{
    /// <summary>Added by us; they have not added us, or we could not ask yet.</summary>
    Pending,

    /// <summary>Both have added each other.</summary>
    Mutual,

    /// <summary>They had added us and took it back.</summary>
    Withdrawn,
}

/// <summary>How sure the owner can be that the pinned key is who was meant.</summary>
public enum PeerVerification
{
    /// <summary>All 103 characters were typed.</summary>
    FullId,

    /// <summary>Whoever answered first.</summary>
    FirstUse,

    /// <summary>An invite named it.</summary>
    Invite,
}
