using System.Text.Json.Serialization;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Portals;

/// <summary>An event of stream <c>portal</c>.</summary>
public abstract record PortalEvent : DomainEvent;

[WireName("portal_created")]
public sealed record PortalCreated(PortalId Id, PublicKey Key, string Zone, string Name) : PortalEvent;

/// <summary>The Portal has another domain, <c>{short id}.{zone}</c>; its key and ID are the same.</summary>
[WireName("zone_changed")]
public sealed record ZoneChanged(PortalId Id, string Zone) : PortalEvent;

[WireName("profile_changed")]
public sealed record ProfileChanged(PortalId Id, string Name, string? Email, string? Description, bool EmailPublic) : PortalEvent;

/// <param name="MediaType">The image's media type, or null if the avatar was removed.</param>
/// <param name="Sha256">The digest of the image's bytes in lower-case hex, or null if the avatar was removed.</param>
[WireName("avatar_changed")]
public sealed record AvatarChanged(PortalId Id, string? MediaType, string? Sha256) : PortalEvent;

/// <param name="Language">The tag of the language of the owner's pages (RFC 5646), or null for each browser's own.</param>
[WireName("language_chosen")]
public sealed record LanguageChosen(PortalId Id, string? Language) : PortalEvent;

/// <summary>The owner chose whether mutual peers are told which apps they may use here.</summary>
[WireName("apps_announcing_set")]
public sealed record AppsAnnouncingSet(PortalId Id, bool Announces) : PortalEvent;

/// <param name="Label">For whom it is, in the owner's words; null if nothing was said, and in events of earlier versions.</param>
[WireName("invite_created")]
public sealed record InviteCreated(
    PortalId Id, string Invite, DateTimeOffset ExpiresAt, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Label = null)
    : PortalEvent;

[WireName("invite_used")]
public sealed record InviteUsed(PortalId Id, string Invite, PortalId By) : PortalEvent;

[WireName("invite_revoked")]
public sealed record InviteRevoked(PortalId Id, string Invite) : PortalEvent;
