using System.Security.Cryptography;
using System.Text;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Domain.SignedCalls;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>A request of an app that is delivered later.</summary>
/// <param name="Peer">The full ID: if another Portal takes its place, it is not delivered there.</param>
/// <param name="Target">Raw path and query for the peer's app.</param>
/// <param name="Fields">Header fields in their order, the key among them.</param>
public sealed record DeferredRequest(
    string App, PortalId Peer, string Key, string Method, string Target, IReadOnlyList<KeyValuePair<string, string>> Fields, byte[] Body)
{
    /// <summary>The characters and bytes that are stored while it waits.</summary>
    public long Size => Body.Length + Target.Length + Fields.Sum(each => each.Key.Length + each.Value.Length);

    /// <summary>SHA-256 of what makes it the same request when it comes again with its key: peer, method, target and body.</summary>
    public byte[] Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{Peer} {Method} {Target}\n"));
        hash.AppendData(Body);
        return hash.GetHashAndReset();
    }
}

/// <summary>A deferred call without its bodies.</summary>
/// <param name="Id">A UUID of version 7 (RFC 9562), so that calls are in the order of their IDs.</param>
/// <param name="Attempts">Attempts that have ended.</param>
/// <param name="NextAttemptAt">Null if it is due, being delivered, or not waiting any more.</param>
/// <param name="Reason">Why the last attempt failed, or the call; else null. A stable code.</param>
/// <param name="ExpiresAt">When delivery is given up or, after the end, the call is forgotten.</param>
/// <param name="Status">Of the answer; null without one, or if it is not known.</param>
/// <param name="AnswerBytes">The length of the answer's body, or null if none is kept.</param>
/// <param name="IsVerified">Whether the receiving core has signed the answer, so that there is a receipt.</param>
public sealed record DeferredCall(
    Guid Id, string App, PortalId Peer, string Key, string Method, string Target, DeferredCallState State, DateTimeOffset AcceptedAt, int Attempts,
    DateTimeOffset? NextAttemptAt, string? Reason, DateTimeOffset? EndedAt, DateTimeOffset ExpiresAt, int? Status,
    IReadOnlyList<KeyValuePair<string, string>> AnswerFields, long? AnswerBytes, bool IsVerified);

/// <summary>What the receiving core has signed: with the public key of the peer, everybody can verify it.</summary>
/// <param name="Request">The signature fields of the request as it was sent.</param>
/// <param name="Answer">The signature fields of the answer, which are bound to those of the request.</param>
public sealed record CallReceipt(
    string Method, string TargetUri, IReadOnlyList<KeyValuePair<string, string>> Request, int Status, IReadOnlyList<KeyValuePair<string, string>> Answer);

/// <summary>Table <c>deferred_calls</c> as apps and the owner use it.</summary>
public interface IDeferredCalls
{
    /// <summary>Stores the request, with a message that its queue is due. Once it returns, the request is durable.</summary>
    /// <returns>The call's id; that of the earlier call if this request was already accepted with its key.</returns>
    /// <exception cref="RefusedException"><c>idempotency_key_reused</c>; <c>too_many_calls</c></exception>
    Task<Guid> Accept(PortalId portal, DeferredRequest request, CancellationToken ct);

    /// <param name="app">Only those of this app, or null for all.</param>
    /// <param name="state">Only those in this state, or null for all.</param>
    /// <param name="after">The call after which the list begins, whether or not it still exists; or null for the beginning.</param>
    Task<IReadOnlyList<DeferredCall>> List(PortalId portal, string? app, DeferredCallState? state, Guid? after, int limit, CancellationToken ct);

    Task<DeferredCall?> Find(PortalId portal, Guid id, CancellationToken ct);

    /// <returns>Null if none is kept.</returns>
    Task<byte[]?> FindAnswer(PortalId portal, Guid id, CancellationToken ct);

    /// <returns>Null if the answer was not signed.</returns>
    Task<CallReceipt?> FindReceipt(PortalId portal, Guid id, CancellationToken ct);

    /// <summary>Deletes the call. An attempt under way ends, but its result is not kept.</summary>
    Task Forget(PortalId portal, Guid id, CancellationToken ct);

    /// <summary>Cancels the call if it waits.</summary>
    /// <returns>Whether it did.</returns>
    Task<bool> Cancel(PortalId portal, Guid id, CancellationToken ct);
}
