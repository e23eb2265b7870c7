using System.Text.Json.Serialization;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Apps;

public enum VisibilityMode
{
    None,
    Some,
    All,

    /// <summary>All peers but those that are named, or are in a circle that is.</summary>
    AllExcept,
}

/// <summary>
/// Which peers an app may see. The app can neither call a peer that it may not see nor be called by it. A removed peer stays in this list,
/// so that adding it again restores the owner's choice, until its identity is forgotten.
/// </summary>
public sealed record Visibility
{
    public static readonly Visibility None = new(VisibilityMode.None, []);

    public static readonly Visibility All = new(VisibilityMode.All, []);

    private readonly HashSet<PortalId> named;

    [JsonConstructor]
    public Visibility(VisibilityMode mode, IReadOnlyList<PortalId> peers, CircleSet? storedCircles = null) =>
        (Mode, Peers, Circles, named) = (mode, peers, storedCircles ?? CircleSet.Empty, [.. peers]);

    public VisibilityMode Mode { get; }

    /// <summary>The peers that are seen, or with <see cref="VisibilityMode.AllExcept"/> those that are not: full IDs in ordinal order.</summary>
    public IReadOnlyList<PortalId> Peers { get; }

    /// <summary>The circles whose peers are seen, or with <see cref="VisibilityMode.AllExcept"/> are not.</summary>
    [JsonIgnore]
    public CircleSet Circles { get; }

    /// <summary>The circles as they are stored: null if there are none, as in what was recorded before there were any.</summary>
    [JsonPropertyName("circles"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CircleSet? StoredCircles => Circles.Count == 0 ? null : Circles;

    public static Visibility Some(IEnumerable<PortalId> peers, CircleSet? circles = null) => Naming(VisibilityMode.Some, peers, circles);

    public static Visibility AllExcept(IEnumerable<PortalId> peers, CircleSet? circles = null) => Naming(VisibilityMode.AllExcept, peers, circles);

    /// <summary>Whether the peer is named, which with <see cref="VisibilityMode.AllExcept"/> hides it.</summary>
    public bool Names(PortalId peer) => named.Contains(peer);

    /// <param name="peer">
    /// The full ID, or null if it is not known yet. As long as it is not, the peer could be one of those that are named, so it is not seen where
    /// some are left out.
    /// </param>
    /// <param name="circles">The circles that the peer is in.</param>
    public bool Shows(PortalId? peer, CircleSet circles) => Mode switch
    {
        VisibilityMode.All => true,
        VisibilityMode.Some => (peer is { } id && named.Contains(id)) || circles.Overlaps(Circles),
        VisibilityMode.AllExcept => (peer is { } id ? !named.Contains(id) : named.Count == 0) && !circles.Overlaps(Circles),
        _ => false,
    };

    /// <summary>The choice that differs for one peer only.</summary>
    /// <param name="circles">The circles that the peer is in.</param>
    /// <returns>Null if a circle decides about the peer, so that naming it changes nothing.</returns>
    public Visibility? With(PortalId peer, CircleSet circles, bool shown) =>
        Shows(peer, circles) == shown ? this : circles.Overlaps(Circles) ? null : With([peer], shown);

    /// <summary>The choice that differs for these peers only. What circles do stays: a peer in a circle that is seen is still seen.</summary>
    public Visibility With(IReadOnlyCollection<PortalId> peers, bool shown) => (Mode, shown) switch
    {
        (VisibilityMode.All, true) or (VisibilityMode.None, false) => this,
        (VisibilityMode.None, true) => Some(peers),
        (VisibilityMode.All, false) => AllExcept(peers),
        (VisibilityMode.Some, true) or (VisibilityMode.AllExcept, false) => Naming(Mode, [.. Peers, .. peers], Circles),
        _ => Naming(Mode, Peers.Except(peers), Circles),
    };

    /// <summary>The same choice without a circle that the owner removes. A peer that was not seen because of it is still not seen.</summary>
    /// <param name="members">The peers in the circle.</param>
    public Visibility Without(CircleId circle, IEnumerable<PortalId> members) =>
        Circles.Contains(circle) ? Naming(Mode, Mode == VisibilityMode.AllExcept ? [.. Peers, .. members] : Peers, Circles.Without(circle)) : this;

    /// <summary>
    /// The same choice without a peer that the owner forgets. If it is added again, it inherits nothing: it is not seen because it once was
    /// chosen, and it stays hidden where it was left out, by name or by a circle.
    /// </summary>
    /// <param name="circles">The circles that the peer is in, which it leaves.</param>
    public Visibility Forget(PortalId peer, CircleSet circles) => Mode switch
    {
        VisibilityMode.Some when named.Contains(peer) => Some(Peers.Where(other => other != peer), Circles),
        VisibilityMode.AllExcept when circles.Overlaps(Circles) => AllExcept([.. Peers, peer], Circles),
        _ => this,
    };

    public bool Equals(Visibility? other) =>
        other is not null && Mode == other.Mode && Circles.Equals(other.Circles) && Peers.SequenceEqual(other.Peers);

    public override int GetHashCode() => HashCode.Combine(Mode, Peers.Count, Circles);

    private static Visibility Naming(VisibilityMode mode, IEnumerable<PortalId> peers, CircleSet? circles) =>
        new(mode, [.. peers.Distinct().OrderBy(peer => peer.Value, StringComparer.Ordinal)], circles);
}
