using System.Collections.Immutable;
using System.Diagnostics;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Portals;

/// <summary>An invite lets one Portal in without asking the owner again.</summary>
/// <param name="UsedBy">The Portal that used it, or null if it was not used.</param>
public sealed record Invite(DateTimeOffset ExpiresAt, PortalId? UsedBy, bool Revoked);

/// <summary>The invites of one Portal by id, folded from stream <c>portal</c>. Their codes are stored as hashes, outside the events.</summary>
public sealed record Invites(PortalId? Portal, ImmutableDictionary<string, Invite> All) : IAggregate<Invites, PortalEvent>
{
    /// <summary>The maximum number of invites that are open at the same time.</summary>
    public const int MaxOpen = 100;

    public static Invites Initial { get; } = new(null, ImmutableDictionary<string, Invite>.Empty);

    public static Invites Evolve(Invites invites, PortalEvent happened) => happened switch
    {
        PortalCreated e => invites with { Portal = e.Id },
        InviteCreated e => invites with { All = invites.All.SetItem(e.Invite, new Invite(e.ExpiresAt, null, false)) },
        InviteUsed e => invites with { All = invites.All.SetItem(e.Invite, invites.All[e.Invite] with { UsedBy = e.By }) },
        InviteRevoked e => invites with { All = invites.All.SetItem(e.Invite, invites.All[e.Invite] with { Revoked = true }) },
        ProfileChanged or AvatarChanged => invites,
        _ => throw new UnreachableException(happened.GetType().Name),
    };

    /// <exception cref="RefusedException"><c>portal_unknown</c>; <c>too_many_invites</c></exception>
    public static IReadOnlyList<PortalEvent> Create(Invites invites, string id, DateTimeOffset expiresAt, DateTimeOffset now)
    {
        var portal = invites.Portal ?? throw new RefusedException(RefusalKind.NotFound, "portal_unknown", "There is no such Portal here.");
        return invites.All.Values.Count(i => IsOpen(i, now)) < MaxOpen
            ? [new InviteCreated(portal, id, expiresAt)]
            : throw new RefusedException(RefusalKind.Conflict, "too_many_invites", $"{MaxOpen} invites are open. Revoke some first.");
    }

    /// <exception cref="RefusedException"><c>invite_unknown</c></exception>
    public static IReadOnlyList<PortalEvent> Revoke(Invites invites, string id) => invites.All.GetValueOrDefault(id) switch
    {
        null => throw new RefusedException(RefusalKind.NotFound, "invite_unknown", "There is no such invite."),
        { UsedBy: not null } => throw new RefusedException(RefusalKind.Conflict, "invite_used", "This invite has already been used. Remove the peer instead."),
        { Revoked: true } => [],
        _ => [new InviteRevoked(invites.Portal!.Value, id)],
    };

    /// <returns>The event to record, or null if the invite is unknown, used, revoked or expired.</returns>
    public static InviteUsed? Use(Invites invites, string id, PortalId by, DateTimeOffset now) =>
        invites.All.GetValueOrDefault(id) is { } invite && IsOpen(invite, now) ? new InviteUsed(invites.Portal!.Value, id, by) : null;

    private static bool IsOpen(Invite invite, DateTimeOffset now) => invite is { UsedBy: null, Revoked: false } && now < invite.ExpiresAt;
}
