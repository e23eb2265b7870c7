using PeerRegistry.Application.Kernel;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Portals;

/// <summary>Row of table <c>invites</c>: which invite a code is for. Codes carry 128 random bits, so the hash needs no salt.</summary>
public sealed record KeepInviteCode(TokenHash Code, string Invite) : IAlongside;

public interface IInvites
{
    /// <returns>The invite's id, open or not; null: a wrong code.</returns>
    Task<string?> Find(PortalId portal, TokenHash code, CancellationToken ct);
}

/// <param name="UsedBy">Null: nobody has.</param>
public sealed record InviteRow(string Id, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, PortalId? UsedBy, bool Revoked)
{
    public bool IsOpen(DateTimeOffset now) => !Revoked && UsedBy is null && now < ExpiresAt;
}
