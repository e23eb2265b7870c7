using System.Net;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.SignedCalls;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>One attempt to deliver a deferred call: an ordinary call, with a signature of its own, whose answer is read to its end.</summary>
public sealed class DeferredAttempt(IPortalSnapshots snapshots, HotPath hotPath, RegistryOptions options, TimeProvider clock)
{
    /// <summary>The reason of an outcome if the app may not see the peer, or there is no such app or Portal any more.</summary>
    internal const string PeerUnknown = "peer_unknown";

    /// <summary>The longest time from the first byte of the request to the last one of the answer. The claim of a queue lasts longer.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(90);

    internal async Task<DeferredOutcome> Make(DeferredCallsDue queue, WaitingCall call, CancellationToken ct)
    {
        if (snapshots.Find(queue.Portal) is not { } portal)
            return new(DeferredCallState.Failed, PeerUnknown);

        using var late = new CancellationTokenSource(Longest, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, ct);
        try
        {
            using var request = Request(call);
            var command = new CallPeer(portal, queue.App, queue.Peer.Value.AsMemory(), call.Target, request, Upgrade: false) { OnceKey = call.Key };
            var answer = await hotPath.Send(command, either.Token);
            using (answer.Message)
                return await Read(answer, either.Token);
        }
        catch (RefusedException e) when (Deferral.MayBeTriedAgain(e.Code))
        {
            return Again(e.Reason ?? e.Code, e.RetryAfter, Deferral.SetsBack(e.Code));
        }
        catch (RefusedException e)
        {
            return new(DeferredCallState.Failed, e.Code);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return Again(late.IsCancellationRequested ? "peer_timeout" : "connection_broken", null, setsBack: true);
        }
    }

    private static HttpRequestMessage Request(WaitingCall call)
    {
        HttpContent? content = call.Body.Length == 0
            ? null
            : new StreamContent(new MemoryStream(call.Body, writable: false)) { Headers = { ContentLength = call.Body.Length } };
        var request = new HttpRequestMessage(HttpMethod.Parse(call.Method), (Uri?)null) { Version = HttpVersion.Version11 };
        foreach (var (name, value) in call.Fields)
        {
            if (request.Headers.TryAddWithoutValidation(name, value))
                continue;
            content ??= new ByteArrayContent([]); // Content-Type and its kin live there, body or not
            content.Headers.TryAddWithoutValidation(name, value);
        }

        request.Content = content;
        return request;
    }

    private async Task<DeferredOutcome> Read(PeerCallAnswer answer, CancellationToken ct)
    {
        var (message, status) = (answer.Message, (int)answer.Message.StatusCode);
        if (Deferral.MayBeTriedAgain(status))
            return Again("peer_busy", message.Headers.RetryAfter.Pause(clock), setsBack: true);

        var body = await Body(await message.Content.ReadAsStreamAsync(ct), ct);
        if (answer.Earlier is { } earlier)
            return new(DeferredCallState.Delivered, SignedAnswers.AlreadyDelivered) { Status = earlier.Status, Receipt = answer.Receipt };

        return new(DeferredCallState.Delivered, body is null ? "answer_too_large" : null)
        {
            Status = status,
            Fields = [.. answer.Fields.Where(field => !HeaderFilter.IsReserved(field.Key))],
            Body = body,
            Receipt = body is null ? null : answer.Receipt,
        };
    }

    /// <returns>Null if it is longer than what is kept.</returns>
    private async Task<byte[]?> Body(Stream stream, CancellationToken ct)
    {
        var whole = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer, ct) is > 0 and var read)
        {
            if (whole.Length + read > options.Calls.DeferredBodyBytes)
                return null;
            whole.Write(buffer.AsSpan(0, read));
        }

        return whole.ToArray();
    }

    private static DeferredOutcome Again(string reason, TimeSpan? retryAfter, bool setsBack) =>
        new(DeferredCallState.Waiting, reason) { RetryAfter = retryAfter, SetsBack = setsBack };
}
