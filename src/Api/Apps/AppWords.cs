using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Api.Apps;

/// <summary>The texts that describe visibility and access rules to the owner.</summary>
public static class AppWords
{
    public static string Sees(Visibility visibility) => visibility switch
    {
        { Mode: VisibilityMode.All } => "sees all peers",
        { Mode: VisibilityMode.AllExcept } => "sees all peers but some",
        { Mode: VisibilityMode.Some, Circles.Count: > 0 } => "sees circles of peers",
        { Mode: VisibilityMode.Some, Peers.Count: 1 } => "sees 1 peer",
        { Mode: VisibilityMode.Some } => $"sees {visibility.Peers.Count} peers",
        _ => "sees no peers",
    };

    public static string Reach(Access access) => access switch
    {
        Access.Public => "anybody",
        Access.Peer => "you, and peers that the app may see",
        _ => "only you",
    };

    public static string Tone(Access access) => access switch
    {
        Access.Public => "wait",
        Access.Peer => "good",
        _ => "",
    };

    public static string Path(AccessRule rule) => rule.Prefix.Length == 0 ? "everything else" : $"{rule.Prefix}…";
}
