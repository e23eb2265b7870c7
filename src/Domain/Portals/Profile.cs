using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Portals;

/// <summary>How the owner presents a Portal to others.</summary>
public static class Profile
{
    /// <summary>In characters.</summary>
    public const int MaxEmail = 254;

    /// <summary>In characters of Markdown.</summary>
    public const int MaxDescription = 10_000;

    /// <summary>The languages in which there are pages, the neutral one first (RFC 5646).</summary>
    public static readonly IReadOnlyList<string> Languages = ["en", "de"];

    /// <exception cref="RefusedException"><c>portal_unknown</c></exception>
    public static IReadOnlyList<PortalEvent> Change(Portal? portal, string name, string? email, string? description, bool emailPublic)
    {
        var now = Portal.Require(portal);
        var changed = new ProfileChanged(now.Id, name, email, description, emailPublic);
        var already = new ProfileChanged(now.Id, now.Name, now.Email, now.Description, now.EmailPublic);
        return changed == already ? [] : [changed];
    }

    /// <param name="language">A tag of <see cref="Languages"/>, or null for each browser's own.</param>
    /// <exception cref="RefusedException"><c>portal_unknown</c></exception>
    public static IReadOnlyList<PortalEvent> ChooseLanguage(Portal? portal, string? language)
    {
        var now = Portal.Require(portal);
        return now.Language == language ? [] : [new LanguageChosen(now.Id, language)];
    }

    /// <exception cref="RefusedException"><c>portal_unknown</c></exception>
    public static IReadOnlyList<PortalEvent> AnnounceApps(Portal? portal, bool announces)
    {
        var now = Portal.Require(portal);
        return now.AnnouncesApps == announces ? [] : [new AppsAnnouncingSet(now.Id, announces)];
    }

    /// <param name="mediaType">The new image's media type; null, together with <paramref name="sha256"/>, removes the avatar.</param>
    /// <exception cref="RefusedException"><c>portal_unknown</c></exception>
    public static IReadOnlyList<PortalEvent> ChangeAvatar(Portal? portal, string? mediaType, string? sha256)
    {
        var now = Portal.Require(portal);
        return now.AvatarSha256 == sha256 ? [] : [new AvatarChanged(now.Id, mediaType, sha256)];
    }
}
