namespace PeerRegistry.Domain.Common;

/// <summary>The pause before another attempt at what has failed.</summary>
public static class RetryPause
{
    /// <summary>The longest pause that the other side may ask for.</summary>
    public static readonly TimeSpan LongestAsked = TimeSpan.FromHours(6);

    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);

    /// <summary>
    /// 10 s, doubled with each failed attempt up to <paramref name="longest"/>, ± 25 %, so that attempts that failed together are not repeated together.
    /// </summary>
    /// <param name="attempts">Failed attempts in a row, including the latest.</param>
    /// <param name="chance">A random number from 0 to 1.</param>
    /// <param name="asked">
    /// The other side's <c>Retry-After</c>, or null if it sent none. It can lengthen the pause up to <see cref="LongestAsked"/> and never shortens it, so that
    /// no answer makes us try in a tight loop.
    /// </param>
    public static TimeSpan After(int attempts, double chance, TimeSpan? asked, TimeSpan longest)
    {
        var doubled = First * Math.Pow(2, Math.Min(attempts - 1, 12));
        var own = (doubled < longest ? doubled : longest) * (0.75 + (chance / 2));
        var longer = asked < LongestAsked ? asked.Value : LongestAsked;
        return asked is not null && longer > own ? longer : own;
    }
}
