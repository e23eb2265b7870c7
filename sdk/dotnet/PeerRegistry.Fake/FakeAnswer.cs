using System.Collections.Frozen;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Fake;

/// <summary>What becomes of one call to a peer: an answer of its app, or a fault.</summary>
/// <param name="Status">The status with which the peer's app answers.</param>
/// <param name="Body">Sent as UTF-8, or null for none.</param>
public sealed record FakeAnswer(int Status = 200, string? Body = null)
{
    /// <summary>The fault of an answer that breaks off halfway, as one does whose peer disappears, or which is long and turns out to be forged.</summary>
    public const string Cut = "cut";

    private static readonly FrozenDictionary<string, (RefusalKind Kind, string Message)> Known = new Dictionary<string, (RefusalKind, string)>
    {
        ["peer_unreachable"] = (RefusalKind.Unreachable, "The peer's Portal cannot be reached."),
        ["peer_timeout"] = (RefusalKind.TimedOut, "The peer did not answer in time."),
        ["answer_invalid"] = (RefusalKind.Unreachable, "The peer's answer is not valid HTTP."),
        ["answer_forged"] = (RefusalKind.Unreachable, "The answer is not the one that the peer's core signed, so it is withheld."),
        ["app_not_installed"] = (RefusalKind.NotFound, "The peer's Portal does not have this app."),
        ["rate_limited"] = (RefusalKind.TooMany, "Too many calls to this peer are under way."),
        ["database_unavailable"] = (RefusalKind.Unavailable, "The Portal cannot reach its database."),
        ["storage_full"] = (RefusalKind.StorageFull, "The bodies of current calls use up the disk."),
    }.ToFrozenDictionary();

    private readonly string? fault;

    public IReadOnlyDictionary<string, string> Headers { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <value>How long the call waits before the answer or the fault.</value>
    public TimeSpan Delay { get; init; }

    /// <value>
    /// A code that the core answers a call with, such as <c>peer_unreachable</c> or <c>answer_forged</c>, or <see cref="Cut"/>; null if the peer's app answers.
    /// </value>
    /// <exception cref="ArgumentException">No call ends with this code.</exception>
    public string? Fault
    {
        get => fault;
        init => fault = value is null or Cut || Known.ContainsKey(value)
            ? value
            : throw new ArgumentException($"{value} is no fault. Faults are {Cut}, {string.Join(", ", Known.Keys.Order(StringComparer.Ordinal))}.", nameof(value));
    }

    /// <value>Why the peer is unreachable, such as <c>name_unresolved</c>. Default <c>connection_refused</c>, with <c>peer_unreachable</c> only.</value>
    public string? Reason { get; init; }

    /// <value>Sent with a fault. Default: none, but 1 s with <c>rate_limited</c> and 5 s with <c>database_unavailable</c>, as the core does.</value>
    public TimeSpan? RetryAfter { get; init; }

    /// <value>Whether the peer's core has signed the answer, and ours has verified it. Default true.</value>
    public bool IsVerified { get; init; } = true;

    /// <summary>The peer's core refuses the call, for example because its owner hides this Portal from the app.</summary>
    public static FakeAnswer Refusing() => new(401, """{"title":"Unauthorized","status":401,"code":"not_authenticated"}""")
    {
        Headers = new Dictionary<string, string> { ["Content-Type"] = "application/problem+json" }, IsVerified = false,
    };

    /// <param name="fault">As of <see cref="Fault"/>.</param>
    public static FakeAnswer Failing(string fault, string? reason = null) => new() { Fault = fault, Reason = reason };

    internal RefusedException? Refusal() => Fault is null or Cut
        ? null
        : new RefusedException(Known[Fault].Kind, Fault, Known[Fault].Message)
        {
            Reason = Reason ?? (Fault == "peer_unreachable" ? "connection_refused" : null),
            RetryAfter = RetryAfter ?? (Fault == "rate_limited" ? TimeSpan.FromSeconds(1) : null),
        };
}
