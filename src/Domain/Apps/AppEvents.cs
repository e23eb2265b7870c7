using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Apps;

/// <summary>Stream <c>app-{name}</c>.</summary>
public abstract record AppEvent : DomainEvent;

[WireName("app_registered")]
public sealed record AppRegistered(AppMeta Meta) : AppEvent;

[WireName("app_updated")]
public sealed record AppUpdated(AppMeta Meta) : AppEvent;

[WireName("app_visibility_set")]
public sealed record AppVisibilitySet(string Name, Visibility Visibility) : AppEvent;

/// <summary>The token that went before is void.</summary>
[WireName("app_credential_issued")]
public sealed record AppCredentialIssued(string Name) : AppEvent;

/// <summary>A password for programs that only know HTTP Basic. The password itself is kept as a hash, beside the events.</summary>
/// <param name="Label">What the owner calls it.</param>
[WireName("app_password_created")]
public sealed record AppPasswordCreated(string Name, string Id, string Label) : AppEvent;

[WireName("app_password_revoked")]
public sealed record AppPasswordRevoked(string Name, string Id) : AppEvent;

[WireName("app_removed")]
public sealed record AppRemoved(string Name) : AppEvent;
