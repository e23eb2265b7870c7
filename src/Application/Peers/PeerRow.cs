using System.Text.Json.Serialization;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

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
    FullId,
    FirstUse,
    Invite,
}

/// <summary>Read model of stream <c>peer-{short id}</c>. A removed peer stays, with <see cref="Listed"/> false, while its pin does.</summary>
/// <param name="Listed">In the contact list now.</param>
/// <param name="Typed">What the owner typed: 6 to 103 characters.</param>
/// <param name="Id">Known with <paramref name="Key"/>, from the first contact on.</param>
/// <param name="Key">Pinned; null before first contact.</param>
/// <param name="Domain">Where it is asked: the address given, else <c>{short id}.{our zone}</c>.</param>
/// <param name="Original">Runs the original core and so speaks less than we do.</param>
public sealed record PeerRow(
    ShortId Short,
    bool Listed,
    TypedPortalId Typed,
    PortalId? Id,
    PublicKey? Key,
    string? Petname,
    string? ClaimedName,
    string? Address,
    string Domain,
    PeerStatus Status,
    bool Blocked,
    bool Original,
    PeerVerification? Verified,
    DateTimeOffset AddedAt,
    DateTimeOffset? ConfirmedAt)
{
    [JsonIgnore]
    public string Name => Petname ?? ClaimedName ?? Short.Value;

    /// <summary>Calls may pass, both ways.</summary>
    [JsonIgnore]
    public bool IsMutual => Listed && !Blocked && Key is not null && Status == PeerStatus.Mutual;
}
