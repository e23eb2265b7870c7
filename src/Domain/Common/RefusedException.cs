namespace PeerRegistry.Domain.Common;

/// <summary>What kind of no it is. The number is the HTTP status that says the same.</summary>
public enum RefusalKind
{
    Invalid = 400,
    NotAuthenticated = 401,
    Forbidden = 403,
    NotFound = 404,
    Conflict = 409,
    TooLarge = 413,
    Misdirected = 421,
    TooMany = 429,
    HeadTooLarge = 431,
    Unreachable = 502,
    Unavailable = 503,
    TimedOut = 504,
    StorageFull = 507,
}

/// <summary>A request that was understood and turned down; nothing was changed.</summary>
/// <param name="kind">Decides the HTTP status.</param>
/// <param name="code">Stable, snake case, for programs.</param>
/// <param name="message">One sentence for people, safe to show to the caller.</param>
public sealed class RefusedException(RefusalKind kind, string code, string message) : Exception(message)
{
    public RefusalKind Kind { get; } = kind;

    public string Code { get; } = code;

    /// <summary>When trying again makes sense; sent as <c>Retry-After</c>.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
