using PeerRegistry.Application.Apps;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Api.Apps;

/// <summary>The texts that describe visibility and access rules to the owner.</summary>
public static class AppWords
{
    public static string Sees(Visibility visibility) => visibility switch
    {
        { Mode: VisibilityMode.All } => AppTexts.SeesAll,
        { Mode: VisibilityMode.AllExcept } => AppTexts.SeesAllExcept,
        { Mode: VisibilityMode.Some, Circles.Count: > 0 } => AppTexts.SeesCircles,
        { Mode: VisibilityMode.Some, Peers.Count: 1 } => AppTexts.SeesOne,
        { Mode: VisibilityMode.Some } => AppTexts.FormatSeesSome(visibility.Peers.Count),
        _ => AppTexts.SeesNone,
    };

    public static string Reach(Access access) => access switch
    {
        Access.Public => AppTexts.ReachAnybody,
        Access.Peer => AppTexts.ReachPeers,
        _ => AppTexts.ReachYou,
    };

    /// <param name="type">The type of an event that apps get, such as <c>peer_renamed</c>.</param>
    public static string Happened(string type, string peer) => type switch
    {
        "peer_visible" => AppTexts.FormatHappenedVisible(peer),
        "peer_renamed" => AppTexts.FormatHappenedRenamed(peer),
        "peer_mutual" => AppTexts.FormatHappenedMutual(peer),
        "peer_withdrawn" => AppTexts.FormatHappenedWithdrawn(peer),
        "peer_reachable" => AppTexts.FormatHappenedReachable(peer),
        "peer_unreachable" => AppTexts.FormatHappenedUnreachable(peer),
        "peer_removed" => AppTexts.FormatHappenedRemoved(peer),
        _ => AppTexts.FormatHappenedOther(peer),
    };

    /// <summary>Why an event did not arrive.</summary>
    public static string Undelivered(UndeliveredEvent e) => e.Error switch
    {
        "app_refused" => AppTexts.FormatUndeliveredRefused(e.Status ?? 0),
        "app_timeout" => AppTexts.UndeliveredTimeout,
        "app_failed" => AppTexts.UndeliveredFailed,
        _ => AppTexts.UndeliveredUnavailable,
    };

    public static string Tone(Access access) => access switch
    {
        Access.Public => "wait",
        Access.Peer => "good",
        _ => "",
    };

    public static string Permission(AppPermission permission) => permission switch
    {
        AppPermission.Profile => AppTexts.PermissionProfile,
        _ => AppTexts.PermissionDevices,
    };

    public static string Status(PermissionStatus status) => status switch
    {
        PermissionStatus.Granted => AppTexts.PermissionGranted,
        PermissionStatus.Denied => AppTexts.PermissionDenied,
        _ => AppTexts.PermissionUndecided,
    };

    /// <param name="rules">The number of rules of the app. One alone covers everything, and not what others leave.</param>
    public static string Path(AccessRule rule, int rules) => (rule.Prefix.Length, rules) switch
    {
        (0, 1) => AppTexts.PathEverything,
        (0, _) => AppTexts.PathElse,
        _ => $"{rule.Prefix}…",
    };
}
