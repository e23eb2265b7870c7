using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Apps;

public enum VisibilityMode
{
    None,
    Some,
    All,
}

/// <summary>Which peers an app may see. A peer it may not see is unknown to it, both ways.</summary>
/// <param name="Peers">Full IDs; only with <see cref="VisibilityMode.Some"/>.</param>
public sealed record Visibility(VisibilityMode Mode, IReadOnlySet<PortalId> Peers)
{
    public static readonly Visibility None = new(VisibilityMode.None, new HashSet<PortalId>());

    public bool Shows(PortalId peer) => Mode == VisibilityMode.All || (Mode == VisibilityMode.Some && Peers.Contains(peer));
}
