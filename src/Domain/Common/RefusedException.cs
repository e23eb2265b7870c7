namespace PeerRegistry.Domain.Common;

/// <summary>The kind of a refusal. Its value is the HTTP status that it is answered with.</summary>
public enum RefusalKind
{
    Invalid = 400,
    NotAuthenticated = 401,
    Forbidden = 403,
    NotFound = 404,
    Conflict = 409,
    TooLarge = 413,
    Misdirected = 421,
    Unprocessable = 422,
    TooMany = 429,
    HeadTooLarge = 431,
    Unreachable = 502,
    Unavailable = 503,
    TimedOut = 504,
    StorageFull = 507,
}

/// <summary>Thrown when a request was understood but refused. Nothing was changed.</summary>
/// <param name="kind">Determines the HTTP status.</param>
/// <param name="code">A stable code in snake case, for programs.</param>
/// <param name="message">One sentence for people, safe to show to the caller.</param>
public sealed class RefusedException(RefusalKind kind, string code, string message) : Exception(message)
{
    public RefusalKind Kind { get; } = kind;

    public string Code { get; } = code;

    /// <summary>A second stable code that says why, or null if <see cref="Code"/> says all. Sent as <c>reason</c>.</summary>
    public string? Reason { get; init; }

    /// <summary>How long the caller should wait before it tries again, or null if no time is known. Sent as <c>Retry-After</c>.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
