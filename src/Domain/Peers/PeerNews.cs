using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Peers;

/// <summary>What an app is told of a peer that it sees. While two of them are equal, the app notices no change.</summary>
/// <param name="Id">The known part of the ID; from first contact on, all 103 characters.</param>
/// <param name="IsReachable">Null before first contact.</param>
public sealed record PeerInSight(string Id, ShortId Short, string Name, string Domain, PeerStatus Status, bool? IsReachable)
{
    /// <summary>Whether a later state is of the same Portal, of whose ID more may be known.</summary>
    public bool IsSame(PeerInSight later) => later.Id.StartsWith(Id, StringComparison.Ordinal);
}

public enum PeerNewsKind
{
    /// <summary>The app sees the peer from now on.</summary>
    Visible,

    Renamed,

    Mutual,

    Withdrawn,

    Reachable,

    Unreachable,

    /// <summary>Anything else that the app is told of a peer has changed, such as its domain or the known part of its ID.</summary>
    Changed,

    /// <summary>The app does not see the peer any more: it was removed, or hidden from the app. These are never told apart.</summary>
    Removed,
}

/// <param name="Peer">Its present state, or with <see cref="PeerNewsKind.Removed"/> its last one.</param>
public sealed record PeerNews(PeerNewsKind Kind, PeerInSight Peer)
{
    /// <summary>What an app is told of a peer if it has seen the first state and sees the second; null is a peer that it does not see.</summary>
    public static IEnumerable<PeerNews> Between(PeerInSight? was, PeerInSight? now)
    {
        if (was is not null && (now is null || !was.IsSame(now)))
            yield return new(PeerNewsKind.Removed, was);
        if (now is null || was == now)
            yield break;

        if (was is null || !was.IsSame(now))
        {
            yield return new(PeerNewsKind.Visible, now);
            yield break;
        }

        if (was.Name != now.Name)
            yield return new(PeerNewsKind.Renamed, now);
        if (was.Status != now.Status && now.Status != PeerStatus.Pending)
            yield return new(now.Status == PeerStatus.Mutual ? PeerNewsKind.Mutual : PeerNewsKind.Withdrawn, now);
        if (was.IsReachable != now.IsReachable && now.IsReachable is { } reachable)
            yield return new(reachable ? PeerNewsKind.Reachable : PeerNewsKind.Unreachable, now);
        if (was.Id != now.Id || was.Domain != now.Domain || (was.Status != now.Status && now.Status == PeerStatus.Pending)
            || (was.IsReachable is not null && now.IsReachable is null))
            yield return new(PeerNewsKind.Changed, now);
    }
}
