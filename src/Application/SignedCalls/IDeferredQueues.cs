using PeerRegistry.Domain.Portals;
using PeerRegistry.Domain.SignedCalls;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>
/// Says that calls of an app to a peer may be due. Stored with every call and every further attempt, in the same transaction. The handler reads what is
/// due, so an outdated message does nothing.
/// </summary>
public sealed record DeferredCallsDue(PortalId Portal, string App, PortalId Peer);

/// <summary>A call that is to be delivered now.</summary>
/// <param name="Fields">Header fields in their order.</param>
/// <param name="ExpiresAt">When delivery is given up.</param>
public sealed record WaitingCall(
    Guid Id, string Key, string Method, string Target, IReadOnlyList<KeyValuePair<string, string>> Fields, byte[] Body, DateTimeOffset ExpiresAt);

/// <param name="Token">What proves the claim, or null if the queue is not due or claimed by somebody else.</param>
/// <param name="Failures">How often attempts have failed in a row.</param>
/// <param name="ClaimedUntil">When somebody else's claim expires; null if there is none.</param>
public readonly record struct QueueClaim(Guid? Token, int Failures, DateTimeOffset? ClaimedUntil);

/// <summary>How an attempt has ended.</summary>
/// <param name="State"><see cref="DeferredCallState.Waiting"/> if it is to be tried again.</param>
/// <param name="Reason">Why it failed, or null. A stable code.</param>
public sealed record DeferredOutcome(DeferredCallState State, string? Reason)
{
    /// <summary>Whether the call is tried after the others of its queue; see <see cref="Deferral.SetsBack"/>.</summary>
    public bool SetsBack { get; init; }

    /// <summary>The peer's <c>Retry-After</c>, or null.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public int? Status { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> Fields { get; init; } = [];

    /// <summary>Null if there is none, or none that is kept.</summary>
    public byte[]? Body { get; init; }

    public CallReceipt? Receipt { get; init; }
}

public readonly record struct EndedAttempt(Guid Call, DeferredOutcome Outcome);

/// <summary>
/// The calls of one app to one peer wait in one queue, in table <c>deferred_queues</c>: one node at a time delivers them, a few at once, and pauses after
/// a failure.
/// </summary>
public interface IDeferredQueues
{
    /// <summary>Until it is released, postponed, or the claim expires, nobody else delivers from this queue.</summary>
    Task<QueueClaim> Claim(DeferredCallsDue queue, DateTimeOffset now, CancellationToken ct);

    /// <summary>Renews the claim and finds the next calls.</summary>
    /// <returns>Empty if nothing waits, or the claim was lost.</returns>
    Task<IReadOnlyList<WaitingCall>> Next(DeferredCallsDue queue, Guid token, int atMost, DateTimeOffset now, CancellationToken ct);

    /// <summary>Stores how calls have ended. Does nothing with a call that was deleted or cancelled meanwhile.</summary>
    Task End(DeferredCallsDue queue, IReadOnlyCollection<EndedAttempt> attempts, DateTimeOffset now, CancellationToken ct);

    /// <summary>Stores that attempts have failed, gives up the claim and publishes a <see cref="DeferredCallsDue"/> for the next ones.</summary>
    /// <param name="failures">How often attempts have failed in a row, including these.</param>
    Task Postpone(
        DeferredCallsDue queue, Guid token, IReadOnlyCollection<EndedAttempt> attempts, int failures, DateTimeOffset next, CancellationToken ct);

    /// <summary>Gives up the claim and publishes a <see cref="DeferredCallsDue"/>, so that others get a turn.</summary>
    Task Yield(DeferredCallsDue queue, Guid token, CancellationToken ct);

    /// <summary>Gives up the claim if nothing waits.</summary>
    /// <returns>False if something waits, so that the claim is still held.</returns>
    Task<bool> Release(DeferredCallsDue queue, Guid token, CancellationToken ct);

    /// <summary>Deletes every call of the queue, because the app may not call this peer any more.</summary>
    Task Drop(DeferredCallsDue queue, CancellationToken ct);
}
