using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Peers;

/// <summary>The pauses between attempts to contact a peer. Every <c>chance</c> is a random number from 0 to 1.</summary>
public static class Backoff
{
    /// <summary>A peer that has not been reached for this long is no longer contacted until its owner or ours acts.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromDays(30);

    private static readonly TimeSpan Longest = TimeSpan.FromHours(6);

    /// <summary>10 s after the first failed attempt, at most 6 h; see <see cref="RetryPause.After"/>.</summary>
    public static TimeSpan Pause(int attempts, double chance, TimeSpan? asked = null) => RetryPause.After(attempts, chance, asked, Longest);

    /// <summary>How long the answer to <c>whoareyou</c> is relied on before the peer is asked again: 6 h ± 50 %.</summary>
    public static TimeSpan Refresh(double chance) => Longest * (0.5 + chance);
}
