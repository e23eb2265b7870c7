namespace PeerRegistry.Domain.Peers;

/// <summary>The pauses between attempts to contact a peer. Every <c>chance</c> is a random number from 0 to 1.</summary>
public static class Backoff
{
    /// <summary>A peer that has not been reached for this long is no longer contacted until its owner or ours acts.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromDays(30);

    /// <summary>The longest pause that a peer may ask for.</summary>
    public static readonly TimeSpan LongestAsked = TimeSpan.FromHours(6);

    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(6);

    /// <summary>
    /// 10 s, doubled with each failed attempt up to 6 h, ± 25 %, so that contacts that failed together are not retried together.
    /// </summary>
    /// <param name="attempts">Failed attempts in a row, including the latest.</param>
    /// <param name="asked">
    /// The peer's <c>Retry-After</c>, or null if it sent none. It can lengthen the pause up to <see cref="LongestAsked"/> and never
    /// shortens it, so that no answer of a peer makes us contact it in a tight loop.
    /// </param>
    public static TimeSpan Pause(int attempts, double chance, TimeSpan? asked = null)
    {
        var doubled = First * Math.Pow(2, Math.Min(attempts - 1, 12));
        var own = (doubled < Longest ? doubled : Longest) * (0.75 + (chance / 2));
        var longer = asked < LongestAsked ? asked.Value : LongestAsked;
        return asked is not null && longer > own ? longer : own;
    }

    /// <summary>How long the answer to <c>whoareyou</c> is relied on before the peer is asked again: 6 h ± 50 %.</summary>
    public static TimeSpan Refresh(double chance) => Longest * (0.5 + chance);
}
