using System.Net;

namespace PeerRegistry.Client;

/// <summary>A call that the core delivers when the peer answers.</summary>
/// <param name="Peer">The full ID.</param>
/// <param name="Path">Path and query at the peer's app.</param>
/// <param name="State"><c>waiting</c>, <c>delivered</c>, <c>failed</c> or <c>cancelled</c>.</param>
/// <param name="Attempts">Attempts that have ended.</param>
/// <param name="NextAttemptAt">Null if it is due, being delivered, or not waiting any more.</param>
/// <param name="Reason">Why the last attempt failed, or the call; null if nothing has. A stable code.</param>
/// <param name="ExpiresAt">When delivery is given up or, after the end, the call is forgotten.</param>
/// <param name="Answer">Null as long as there is none, and if the peer has said only that the call was delivered before.</param>
public sealed record DeferredCall(
    Guid Id, string Peer, string IdempotencyKey, string Method, string Path, string State, DateTimeOffset AcceptedAt, int Attempts,
    DateTimeOffset? NextAttemptAt, string? Reason, DateTimeOffset? EndedAt, DateTimeOffset ExpiresAt, DeferredAnswer? Answer);

/// <summary>What the peer's app has answered, without the body.</summary>
/// <param name="Bytes">The length of the body, or null if none is kept.</param>
/// <param name="IsVerified">Whether the peer's core has signed the answer, so that there is a receipt.</param>
public sealed record DeferredAnswer(int Status, IReadOnlyList<HeaderField> Fields, long? Bytes, bool IsVerified);

public sealed record HeaderField(string Field, string Value);

/// <summary>What the peer's core has signed. With the peer's public key, everybody can verify it (RFC 9421).</summary>
/// <param name="Request">The signature fields of the request as it was sent.</param>
/// <param name="Answer">Those of the answer, which are bound to those of the request.</param>
public sealed record CallReceipt(
    string Method, string TargetUri, IReadOnlyList<HeaderField> Request, int AnswerStatus, IReadOnlyList<HeaderField> Answer);

/// <summary>The calls of this app that the core delivers later, and keeps the results of for seven days.</summary>
public sealed class DeferredCalls
{
    private const string Path = "/protected/calls";
    private const string Preference = "respond-async";

    private readonly CoreSender core;

    internal DeferredCalls(CoreSender core) => this.core = core;

    /// <summary>Has the core store the request. Once this returns, it is on disk.</summary>
    /// <param name="request">Its address is that of <see cref="CallPeerHandler"/>: <c>https://{id}/path</c>.</param>
    /// <param name="key">
    /// 1 to 128 visible ASCII characters. The same request with the same key is one call, so if you do not know whether it was stored, send it again.
    /// </param>
    /// <returns>The id of the call.</returns>
    /// <exception cref="PortalException">
    /// Such as <c>peer_unknown</c>, <c>idempotency_key_reused</c>, <c>body_too_large</c> or <c>too_many_calls</c>.
    /// </exception>
    public async Task<Guid> Send(HttpRequestMessage request, string key, CancellationToken ct = default)
    {
        request.Headers.Remove("Prefer");
        request.Headers.Add("Prefer", Preference);
        request.Headers.Remove("Idempotency-Key");
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        using var answer = await core.Send(request, CallPeerHandler.Target(request.RequestUri), fromPeer: true, ct);
        return answer is { StatusCode: HttpStatusCode.Accepted, Headers.Location: { } location }
            && Guid.TryParse(location.OriginalString[(location.OriginalString.LastIndexOf('/') + 1)..], out var id)
            ? id
            : throw new HttpRequestException("The core has called the peer at once; it is of a version that cannot deliver later.");
    }

    /// <summary>All calls that are kept, in the order in which they were accepted.</summary>
    /// <exception cref="PortalException">The core refused.</exception>
    public IAsyncEnumerable<DeferredCall> List(CancellationToken ct = default) =>
        core.ReadPages(Path, "", PortalJson.Default.DeferredCallArray, call => call.Id.ToString(), ct);

    /// <exception cref="PortalException"><c>call_unknown</c>: also if the peer was removed or hidden from this app.</exception>
    public async Task<DeferredCall> Find(Guid id, CancellationToken ct = default) =>
        (await core.Read($"{Path}/{id}", PortalJson.Default.DeferredCall, ct)).Value;

    /// <returns>The body of the peer's answer, with its content type; status and fields are those of <see cref="DeferredCall.Answer"/>.</returns>
    /// <exception cref="PortalException"><c>call_unknown</c>; <c>answer_missing</c></exception>
    public async Task<HttpContent> Answer(Guid id, CancellationToken ct = default)
    {
        using var answer = await core.Ask(HttpMethod.Get, $"{Path}/{id}/answer", ct);
        var body = new ByteArrayContent(await answer.Content.ReadAsByteArrayAsync(ct));
        foreach (var (name, values) in answer.Content.Headers)
            body.Headers.TryAddWithoutValidation(name, values);
        return body;
    }

    /// <exception cref="PortalException"><c>call_unknown</c>; <c>receipt_missing</c></exception>
    public async Task<CallReceipt> Receipt(Guid id, CancellationToken ct = default) =>
        (await core.Read($"{Path}/{id}/receipt", PortalJson.Default.CallReceipt, ct)).Value;

    /// <summary>Cancels the call if it waits, and deletes what is kept of it. A request that is just being sent may still arrive.</summary>
    /// <exception cref="PortalException"><c>call_unknown</c></exception>
    public async Task Cancel(Guid id, CancellationToken ct = default) => (await core.Ask(HttpMethod.Delete, $"{Path}/{id}", ct)).Dispose();

    /// <summary>Whether the core will recognize the request by its key.</summary>
    internal static bool IsDeferred(HttpRequestMessage request) =>
        request.Headers.Contains("Idempotency-Key") && request.Headers.TryGetValues("Prefer", out var preferences) && preferences.Contains(Preference);
}
