using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Portals;

/// <summary>An invite lets one Portal in without asking the owner again.</summary>
/// <param name="UsedBy">The Portal that used the invite, or null if it was not used.</param>
/// <param name="Label">For whom the invite is, in the owner's words, or null.</param>
/// <param name="UsedAt">Null if it was not used.</param>
public sealed record Invite(
    string Id, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, PortalId? UsedBy, bool Revoked, string? Label = null, DateTimeOffset? UsedAt = null)
{
    public bool IsOpen(DateTimeOffset now) => this is { UsedBy: null, Revoked: false } && now < ExpiresAt;
}

/// <summary>The invites of a Portal. Their codes are stored as hashes, outside the events.</summary>
public static class Invites
{
    /// <summary>The maximum number of invites that are open at the same time.</summary>
    public const int MaxOpen = 100;

    /// <summary>How many invites a Portal remembers.</summary>
    public const int MaxKept = 2 * MaxOpen;

    /// <exception cref="RefusedException"><c>portal_unknown</c>; <c>too_many_invites</c></exception>
    public static IReadOnlyList<PortalEvent> Create(Portal? portal, string id, DateTimeOffset expiresAt, DateTimeOffset now, string? label = null)
    {
        var known = Portal.Require(portal);
        return known.Invites.Count(invite => invite.IsOpen(now)) < MaxOpen
            ? [new InviteCreated(known.Id, id, expiresAt, label)]
            : throw new RefusedException(RefusalKind.Conflict, "too_many_invites", $"{MaxOpen} invites are open. Revoke some first.");
    }

    /// <exception cref="RefusedException"><c>portal_unknown</c>; <c>invite_unknown</c>; <c>invite_used</c></exception>
    public static IReadOnlyList<PortalEvent> Revoke(Portal? portal, string id)
    {
        var known = Portal.Require(portal);
        return known.Invites.FirstOrDefault(invite => invite.Id == id) switch
        {
            null => throw new RefusedException(RefusalKind.NotFound, "invite_unknown", "There is no such invite."),
            { UsedBy: not null } =>
                throw new RefusedException(RefusalKind.Conflict, "invite_used", "This invite has already been used. Remove the peer instead."),
            { Revoked: true } => [],
            _ => [new InviteRevoked(known.Id, id)],
        };
    }

    /// <returns>The event to record, or null if the invite is unknown, used, revoked or expired.</returns>
    public static InviteUsed? Use(Portal? portal, string id, PortalId by, DateTimeOffset now) =>
        portal?.Invites.FirstOrDefault(invite => invite.Id == id) is { } invite && invite.IsOpen(now) ? new InviteUsed(portal.Id, id, by) : null;

    /// <summary>Adds an invite. In place of more than <see cref="MaxKept"/>, the oldest that is no longer open is forgotten.</summary>
    internal static IReadOnlyList<Invite> Add(IReadOnlyList<Invite> invites, Invite created)
    {
        var closed = invites.Count < MaxKept ? null : invites.FirstOrDefault(invite => !invite.IsOpen(created.CreatedAt));
        return [.. invites.Where(invite => invite != closed), created];
    }

    internal static IReadOnlyList<Invite> Change(IReadOnlyList<Invite> invites, string id, Func<Invite, Invite> change) =>
        [.. invites.Select(invite => invite.Id == id ? change(invite) : invite)];
}
