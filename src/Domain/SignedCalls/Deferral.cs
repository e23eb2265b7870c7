using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.SignedCalls;

public enum DeferredCallState
{
    Waiting,

    /// <summary>The peer has answered, with whatever status.</summary>
    Delivered,

    /// <summary>It cannot be delivered, or was not within <see cref="Deferral.Kept"/>.</summary>
    Failed,

    /// <summary>The owner has cancelled it.</summary>
    Cancelled,
}

/// <summary>The rules of calls that are delivered later.</summary>
public static class Deferral
{
    /// <summary>The reason of a call that was not delivered in time.</summary>
    public const string GivenUp = "given_up";

    /// <summary>The code of a refusal whose cause is in its reason.</summary>
    private const string Unreachable = "peer_unreachable";

    /// <summary>For how long delivery is tried, and after that for how long the result is kept.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    /// <summary>
    /// How long the receiving core remembers the key of a delivered call: longer than any sender tries, so that its last attempt is recognized.
    /// </summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromDays(8);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(640);

    /// <summary>Whether an attempt that was refused with this code, here or on the way, is worth another.</summary>
    public static bool MayBeTriedAgain(string code) =>
        code is Unreachable or "peer_timeout" or "rate_limited" or "storage_full" or "database_unavailable" or "stopping";

    /// <summary>Whether the peer asks to be called again later.</summary>
    public static bool MayBeTriedAgain(int status) => status is 429 or 503;

    /// <summary>
    /// Whether a call that failed so is tried after the others of its queue. A call that the peer does not answer may itself be the cause, and must not hold
    /// up the others; one that found nobody is not.
    /// </summary>
    public static bool SetsBack(string code) => code is not (Unreachable or "database_unavailable" or "stopping");

    /// <summary>10 s after the first failed attempt, at most about ten minutes; see <see cref="RetryPause.After"/>.</summary>
    public static TimeSpan Pause(int attempts, double chance, TimeSpan? asked) => RetryPause.After(attempts, chance, asked, LongestPause);
}

/// <summary>The value of the header <c>Idempotency-Key</c>, by which a call is recognized when it is sent again.</summary>
public static class IdempotencyKey
{
    public const string Header = "Idempotency-Key";

    public const int MaxLength = 128;

    /// <summary>Whether it has 1 to 128 visible ASCII characters. Quotes, which the draft of the header has, belong to the key.</summary>
    public static bool IsValid(string key) => key.Length is > 0 and <= MaxLength && !key.AsSpan().ContainsAnyExceptInRange('!', '~');
}
