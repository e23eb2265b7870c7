using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Portals;

/// <summary>How the owner presents this Portal to others, folded from stream <c>portal</c>.</summary>
public sealed record Profile(PortalId? Id, string Name, string? Email, string? Description, bool EmailPublic, string? AvatarSha256) : IAggregate<Profile, PortalEvent>
{
    /// <summary>In characters.</summary>
    public const int MaxEmail = 254;

    /// <summary>In characters of Markdown.</summary>
    public const int MaxDescription = 10_000;

    public static Profile Initial { get; } = new(null, "", null, null, false, null);

    public static Profile Evolve(Profile profile, PortalEvent happened) => happened switch
    {
        PortalCreated e => profile with { Id = e.Id, Name = e.Name },
        ProfileChanged e => profile with { Name = e.Name, Email = e.Email, Description = e.Description, EmailPublic = e.EmailPublic },
        AvatarChanged e => profile with { AvatarSha256 = e.Sha256 },
        InviteCreated or InviteUsed or InviteRevoked => profile,
        _ => throw new System.Diagnostics.UnreachableException(happened.GetType().Name),
    };

    /// <exception cref="RefusedException"><c>portal_unknown</c></exception>
    public static IReadOnlyList<PortalEvent> Change(Profile profile, string name, string? email, string? description, bool emailPublic)
    {
        var changed = new ProfileChanged(Existing(profile), name, email, description, emailPublic);
        var already = new ProfileChanged(changed.Id, profile.Name, profile.Email, profile.Description, profile.EmailPublic);
        return changed == already ? [] : [changed];
    }

    /// <param name="mediaType">The new image's media type; null, together with <paramref name="sha256"/>, removes the avatar.</param>
    /// <exception cref="RefusedException"><c>portal_unknown</c></exception>
    public static IReadOnlyList<PortalEvent> ChangeAvatar(Profile profile, string? mediaType, string? sha256) =>
        profile.AvatarSha256 == sha256 ? [] : [new AvatarChanged(Existing(profile), mediaType, sha256)];

    private static PortalId Existing(Profile profile) =>
        profile.Id ?? throw new RefusedException(RefusalKind.NotFound, "portal_unknown", "There is no such Portal here.");
}
