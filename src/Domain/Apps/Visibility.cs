using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Apps;

public enum VisibilityMode
{
    None,
    Some,
    All,
}

/// <summary>
/// Which peers an app may see. The app can neither call a peer that it may not see nor be called by it. A removed peer stays in this list,
/// so that adding it again restores the owner's choice, until its identity is forgotten.
/// </summary>
/// <param name="Peers">Full IDs in ordinal order. Empty unless the mode is <see cref="VisibilityMode.Some"/>.</param>
public sealed record Visibility(VisibilityMode Mode, IReadOnlyList<PortalId> Peers)
{
    public static readonly Visibility None = new(VisibilityMode.None, []);

    public static readonly Visibility All = new(VisibilityMode.All, []);

    private readonly HashSet<PortalId> some = [.. Peers];

    public VisibilityMode Mode { get; } = Mode;

    public IReadOnlyList<PortalId> Peers { get; } = Peers;

    public static Visibility Some(IEnumerable<PortalId> peers) =>
        new(VisibilityMode.Some, [.. peers.Distinct().OrderBy(peer => peer.Value, StringComparer.Ordinal)]);

    /// <param name="peer">The full ID, or null if it is not known yet; then only an app that sees all peers sees this one.</param>
    public bool Shows(PortalId? peer) => Mode == VisibilityMode.All || (Mode == VisibilityMode.Some && peer is { } id && some.Contains(id));

    public bool Equals(Visibility? other) => other is not null && Mode == other.Mode && Peers.SequenceEqual(other.Peers);

    public override int GetHashCode() => HashCode.Combine(Mode, Peers.Count);
}
