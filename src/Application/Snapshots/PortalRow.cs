using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Snapshots;

/// <summary>Read model of stream <c>portal</c>: the Portal's identity and profile.</summary>
/// <param name="Domain"><c>{short id}.{zone}</c>, lower case, no port.</param>
/// <param name="AvatarSha256">Lower-case hex, or null if there is no avatar.</param>
public sealed record PortalRow(
    PortalId Id, PublicKey Key, string Domain, string Name, string? Email, bool EmailPublic, string? Description, string? AvatarType, string? AvatarSha256)
{
    /// <summary>The oldest first.</summary>
    public IReadOnlyList<InviteRow> Invites { get; init; } = [];
}

/// <param name="UsedBy">The Portal that used the invite, or null if it was not used.</param>
public sealed record InviteRow(string Id, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, PortalId? UsedBy, bool Revoked)
{
    public bool IsOpen(DateTimeOffset now) => !Revoked && UsedBy is null && now < ExpiresAt;
}
