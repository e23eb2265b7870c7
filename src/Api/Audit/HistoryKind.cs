namespace PeerRegistry.Api.Audit;

/// <summary>Events that an owner looks for together, with a word for them.</summary>
/// <param name="Key">Stands in the page's address.</param>
/// <param name="Types">Wire names.</param>
internal sealed record HistoryKind(string Key, Func<string> Word, params IReadOnlyList<string> Types)
{
    /// <summary>Every type of event is in one of them.</summary>
    public static IReadOnlyList<HistoryKind> All { get; } =
    [
        new("listed", () => HistoryTexts.KindListed, "peer_added", "peer_removed"),
        new("mutual", () => HistoryTexts.KindMutual, "peering_offered", "peering_confirmed", "peering_withdrawn"),
        new("blocked", () => HistoryTexts.KindBlocked, "peer_blocked", "peer_unblocked"),
        new("identity", () => HistoryTexts.KindIdentity, "peer_key_pinned", "peer_verified", "peer_identity_refused", "peer_identity_forgotten", "peer_protocol_seen"),
        new("names", () => HistoryTexts.KindNames, "peer_renamed", "peer_name_claimed", "peer_noted", "peer_address_changed", "peer_moved"),
        new("circles", () => HistoryTexts.KindCircles, "circle_created", "circle_renamed", "circle_removed", "peer_circles_set"),
        new("invites", () => HistoryTexts.KindInvites, "invite_created", "invite_used", "invite_revoked"),
        new("apps", () => HistoryTexts.KindApps, "app_registered", "app_updated", "app_icon_set", "app_removed"),
        new("visibility", () => HistoryTexts.KindVisibility, "app_visibility_set", "app_permission_granted", "app_permission_denied", "apps_announcing_set"),
        new("passwords", () => HistoryTexts.KindPasswords, "app_credential_issued", "app_password_created", "app_password_revoked"),
        new("devices", () => HistoryTexts.KindDevices, "device_paired", "device_renamed", "device_revoked", "recovery_sheet_made", "recovery_sheet_used", "recovery_sheet_revoked"),
        new("profile", () => HistoryTexts.KindProfile, "portal_created", "profile_changed", "avatar_changed", "zone_changed", "language_chosen"),
    ];

    public static HistoryKind? Find(string? key) => All.FirstOrDefault(kind => kind.Key == key);
}
