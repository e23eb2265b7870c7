using System.Diagnostics;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Portals;

/// <summary>One Portal: its identity, how its owner presents it, and its invites. Its key never changes, since another key is another Portal.</summary>
/// <param name="Domain"><c>{short id}.{zone}</c>, lower case, no port.</param>
/// <param name="Description">Markdown.</param>
/// <param name="AvatarType">The image's media type, or null if there is no avatar.</param>
/// <param name="AvatarSha256">The digest of the image's bytes in lower-case hex, or null if there is no avatar.</param>
public sealed record Portal(
    PortalId Id, PublicKey Key, string Domain, string Name, string? Email, bool EmailPublic, string? Description, string? AvatarType, string? AvatarSha256)
    : IAggregate<Portal, PortalEvent>
{
    public const string Stream = "portal";

    /// <summary>The tag of the language of the owner's pages, such as <c>de</c> (RFC 5646). Null: each browser's own.</summary>
    public string? Language { get; init; }

    /// <summary>The oldest first; every open one is among them.</summary>
    public IReadOnlyList<Invite> Invites { get; init; } = [];

    public string Zone => Domain[(ShortId.Length + 1)..];

    /// <summary>Whether mutual peers are told which apps they may use here.</summary>
    public bool AnnouncesApps { get; init; } = true;

    public static Portal? Evolve(Portal? portal, PortalEvent happened, DateTimeOffset at) => happened switch
    {
        PortalCreated e => new Portal(e.Id, e.Key, DomainIn(e.Zone, e.Id), e.Name, null, false, null, null, null),
        ZoneChanged e => portal! with { Domain = DomainIn(e.Zone, e.Id) },
        ProfileChanged e => portal! with { Name = e.Name, Email = e.Email, EmailPublic = e.EmailPublic, Description = e.Description },
        AvatarChanged e => portal! with { AvatarType = e.MediaType, AvatarSha256 = e.Sha256 },
        LanguageChosen e => portal! with { Language = e.Language },
        AppsAnnouncingSet e => portal! with { AnnouncesApps = e.Announces },
        InviteCreated e => portal! with
        {
            Invites = Portals.Invites.Add(portal.Invites, new Invite(e.Invite, at, e.ExpiresAt, UsedBy: null, Revoked: false, e.Label)),
        },
        InviteUsed e => portal! with { Invites = Portals.Invites.Change(portal.Invites, e.Invite, invite => invite with { UsedBy = e.By, UsedAt = at }) },
        InviteRevoked e => portal! with { Invites = Portals.Invites.Change(portal.Invites, e.Invite, invite => invite with { Revoked = true }) },
        _ => throw new UnreachableException(happened.GetType().Name),
    };

    public static IReadOnlyList<PortalEvent> Create(Portal? portal, PublicKey key, string zone, string name) =>
        portal is null ? [new PortalCreated(key.Id, key, zone, name)] : [];

    /// <exception cref="RefusedException"><c>portal_unknown</c></exception>
    public static IReadOnlyList<PortalEvent> ChangeZone(Portal? portal, string zone) =>
        Require(portal).Domain == DomainIn(zone, portal!.Id) ? [] : [new ZoneChanged(portal.Id, zone)];

    /// <exception cref="RefusedException"><c>portal_unknown</c></exception>
    internal static Portal Require(Portal? portal) =>
        portal ?? throw new RefusedException(RefusalKind.NotFound, "portal_unknown", "There is no such Portal here.");

    private static string DomainIn(string zone, PortalId id) => $"{id.Short}.{zone}".ToLowerInvariant();
}
