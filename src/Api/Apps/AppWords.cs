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

    public static string Tone(Access access) => access switch
    {
        Access.Public => "wait",
        Access.Peer => "good",
        _ => "",
    };

    /// <param name="rules">The number of rules of the app. One alone covers everything, and not what others leave.</param>
    public static string Path(AccessRule rule, int rules) => (rule.Prefix.Length, rules) switch
    {
        (0, 1) => AppTexts.PathEverything,
        (0, _) => AppTexts.PathElse,
        _ => $"{rule.Prefix}…",
    };
}
