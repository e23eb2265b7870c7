using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Apps;

/// <summary>An event of stream <c>app-{name}</c>.</summary>
public abstract record AppEvent : DomainEvent;

[WireName("app_registered")]
public sealed record AppRegistered(AppMeta Meta) : AppEvent;

[WireName("app_updated")]
public sealed record AppUpdated(AppMeta Meta) : AppEvent;

[WireName("app_visibility_set")]
public sealed record AppVisibilitySet(string Name, Visibility Visibility) : AppEvent;

/// <param name="MediaType">The icon's media type, or null if the icon was removed.</param>
/// <param name="Sha256">The digest of the icon's bytes in lower-case hex, or null if the icon was removed.</param>
[WireName("app_icon_set")]
public sealed record AppIconSet(string Name, string? MediaType, string? Sha256) : AppEvent;

/// <summary>The app was given a new token, which replaces the previous one.</summary>
[WireName("app_credential_issued")]
public sealed record AppCredentialIssued(string Name) : AppEvent;

/// <summary>A password was created for programs that only know HTTP Basic. The password itself is stored as a hash, outside the events.</summary>
/// <param name="Label">The owner's name for the password.</param>
[WireName("app_password_created")]
public sealed record AppPasswordCreated(string Name, string Id, string Label) : AppEvent;

[WireName("app_password_revoked")]
public sealed record AppPasswordRevoked(string Name, string Id) : AppEvent;

[WireName("app_permission_granted")]
public sealed record AppPermissionGranted(string Name, AppPermission Permission) : AppEvent;

/// <summary>The owner denied a permission that the app asks for, or withdrew one that was granted.</summary>
[WireName("app_permission_denied")]
public sealed record AppPermissionDenied(string Name, AppPermission Permission) : AppEvent;

[WireName("app_removed")]
public sealed record AppRemoved(string Name) : AppEvent;
