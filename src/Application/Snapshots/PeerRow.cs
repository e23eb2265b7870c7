using System.Text.Json.Serialization;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Snapshots;

/// <summary>
/// Read model of stream <c>peer-{short id}</c>. A removed peer stays, with <see cref="Listed"/> false, while its pin does; so
/// does a blocked stranger.
/// </summary>
/// <param name="Listed">In the contact list now.</param>
/// <param name="Typed">What the owner typed: 6 to 103 characters.</param>
/// <param name="Id">Known with <paramref name="Key"/> from the first contact on, or where all of it was typed.</param>
/// <param name="Key">Pinned; null before first contact.</param>
/// <param name="Domain">The domain at which the peer is contacted: its address, or <c>{short id}.{our zone}</c> if it has none.</param>
/// <param name="Original">Runs the original core and so speaks less than we do.</param>
/// <param name="Verified">Null before first contact.</param>
/// <param name="PinnedAt">When the key was pinned. A visibility that was chosen before does not mean this peer.</param>
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

    /// <summary>Calls may pass, both ways.</summary>
    [JsonIgnore]
    public bool IsMutual => Listed && !Blocked && Key is not null && Status == PeerStatus.Mutual;

    /// <summary>
    /// Our apps may call it: mutual, or an original, which cannot tell us before its own first call whether it has us.
    /// </summary>
    [JsonIgnore]
    public bool MayBeCalled => IsMutual || (Original && Listed && !Blocked && Key is not null);

    /// <summary>Whether a path or a form means this peer: the short ID, or a longer one that nothing known contradicts.</summary>
    public bool Is(TypedPortalId typed) => Id is { } id
        ? typed.Matches(id)
        : Typed.Value.StartsWith(typed.Value, StringComparison.Ordinal) || typed.Value.StartsWith(Typed.Value, StringComparison.Ordinal);
}
