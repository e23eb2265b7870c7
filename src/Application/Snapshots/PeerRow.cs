using System.Text.Json.Serialization;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Snapshots;

/// <summary>
/// Read model of stream <c>peer-{short id}</c>. A removed peer is kept, with <see cref="Listed"/> false, as long as its key is pinned. So is a blocked
/// stranger.
/// </summary>
/// <param name="Listed">Whether the peer is in the contact list.</param>
/// <param name="Typed">The ID as the owner typed it, 6 to 103 characters.</param>
/// <param name="Id">The full ID, or null if only its beginning was typed and <paramref name="Key"/> is not known yet.</param>
/// <param name="Key">The pinned key, or null before the first contact.</param>
/// <param name="Domain">The domain at which the peer is contacted: its address, or <c>{short id}.{our zone}</c> if it has none.</param>
/// <param name="Original">Whether the peer runs the original core, which lacks parts of the protocol.</param>
/// <param name="Verified">Null before first contact.</param>
/// <param name="PinnedAt">When the key was pinned. A visibility that was chosen earlier was meant for another peer.</param>
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
    DateTimeOffset? ConfirmedAt,
    DateTimeOffset? PinnedAt = null)
{
    [JsonIgnore]
    public string Name => Petname ?? ClaimedName ?? Short.Value;

    /// <summary>Whether calls are allowed in both directions.</summary>
    [JsonIgnore]
    public bool IsMutual => Listed && !Blocked && Key is not null && Status == PeerStatus.Mutual;

    /// <summary>
    /// Whether our apps may call the peer. It is mutual, or an original, which cannot confirm the peering before its own first call.
    /// </summary>
    [JsonIgnore]
    public bool MayBeCalled => IsMutual || (Original && Listed && !Blocked && Key is not null);

    /// <summary>Whether an ID in a path or a form refers to this peer: the short ID, or a longer one that contradicts nothing that is known.</summary>
    public bool Is(TypedPortalId typed) => Id is { } id
        ? typed.Matches(id)
        : Typed.Value.StartsWith(typed.Value, StringComparison.Ordinal) || typed.Value.StartsWith(Typed.Value, StringComparison.Ordinal);
}
