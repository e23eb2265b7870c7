using System.Collections.Immutable;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.SignedCalls;

namespace PeerRegistry.Fake;

/// <summary>A call that the app has asked to be delivered later.</summary>
/// <param name="Call">As the peer gets it, the key among its headers.</param>
/// <param name="Answer">Null as long as there is none.</param>
/// <param name="AnswerStatus">Known without an answer if the peer says that the call was delivered before.</param>
internal sealed record DeferredCall(
    Guid Id, FakePeer Peer, string Key, ReceivedCall Call, DateTimeOffset AcceptedAt, DeferredCallState State = DeferredCallState.Waiting, int Attempts = 0,
    string? Reason = null, DateTimeOffset? EndedAt = null, int? AnswerStatus = null, PeerAnswer? Answer = null)
{
    public bool IsSame(ReceivedCall other) =>
        (Call.Peer, Call.Method, Call.Target) == (other.Peer, other.Method, other.Target) && Call.Body.Span.SequenceEqual(other.Body.Span);
}

/// <summary>The app's calls that are delivered later. They are tried again quickly, so that no test waits for it.</summary>
internal sealed class DeferredCalls(FakePortal portal) : IDisposable
{
    public const int MaxBodyBytes = 1 << 20;

    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource stopped = new();
    private ImmutableList<DeferredCall> calls = [];
    private int last;

    /// <summary>Those to peers that the app sees, in the order in which they were accepted.</summary>
    public IReadOnlyList<DeferredCall> All => Volatile.Read(ref calls).FindAll(call => IsSeen(call.Peer));

    /// <exception cref="RefusedException"><c>idempotency_key_reused</c></exception>
    public DeferredCall Accept(FakePeer peer, string key, ReceivedCall call)
    {
        var accepted = new DeferredCall(new Guid(Interlocked.Increment(ref last), 0, 0, new byte[8]), peer, key, call, TimeProvider.System.GetUtcNow());
        ImmutableInterlocked.Update(ref calls, list => list.Exists(earlier => earlier.Key == key) ? list : list.Add(accepted));
        var kept = Volatile.Read(ref calls).Find(each => each.Key == key)!;
        if (!kept.IsSame(call))
        {
            throw new RefusedException(
                RefusalKind.Unprocessable, "idempotency_key_reused", "Another call of this app has this key. A key belongs to one request.");
        }

        if (kept == accepted)
            _ = Deliver(accepted.Id, stopped.Token);
        return kept;
    }

    /// <returns>Null if there is none that the app may know of.</returns>
    public DeferredCall? Find(string id) => All.FirstOrDefault(call => call.Id.ToString() == id);

    public void Forget(DeferredCall call) => ImmutableInterlocked.Update(ref calls, list => list.RemoveAll(each => each.Id == call.Id));

    public void Clear() => Volatile.Write(ref calls, []);

    public void Cancel(DeferredCall call) =>
        Change(call.Id, waiting => waiting with { State = DeferredCallState.Cancelled, EndedAt = TimeProvider.System.GetUtcNow() });

    public void Dispose()
    {
        stopped.Cancel();
        stopped.Dispose();
    }

    private bool IsSeen(FakePeer peer) => peer.IsVisible && portal.Peers.Contains(peer);

    private async Task Deliver(Guid id, CancellationToken ct)
    {
        try
        {
            while (Waiting(id) is { } call)
            {
                if (!IsSeen(call.Peer))
                {
                    Forget(call);
                    return;
                }

                if (call.Attempts == 0)
                    portal.Record(call.Call);
                var outcome = await Attempt(call, ct);
                Change(id, waiting => outcome(waiting) with { Attempts = waiting.Attempts + 1 });
                await Task.Delay(Pause, TimeProvider.System, ct);
            }
        }
        catch (OperationCanceledException)
        {
            // the fake is stopped
        }
    }

    private DeferredCall? Waiting(Guid id) => Volatile.Read(ref calls).Find(call => call.Id == id && call.State == DeferredCallState.Waiting);

    /// <returns>What becomes of the call.</returns>
    private async Task<Func<DeferredCall, DeferredCall>> Attempt(DeferredCall call, CancellationToken ct)
    {
        try
        {
            var answer = await PeerCalls.Deliver(portal, call.Peer, call.Call, ct);
            if (Deferral.MayBeTriedAgain(answer.Status) && !answer.IsCut)
                return waiting => waiting with { Reason = "peer_busy" };
            var now = TimeProvider.System.GetUtcNow();
            return answer.IsCut // the peer's core has handed the call to its app, and says so when it is asked again
                ? waiting => waiting with { State = DeferredCallState.Delivered, Reason = "already_delivered", EndedAt = now, AnswerStatus = answer.Status }
                : waiting => waiting with { State = DeferredCallState.Delivered, Reason = null, EndedAt = now, AnswerStatus = answer.Status, Answer = answer };
        }
        catch (RefusedException refused) when (Deferral.MayBeTriedAgain(refused.Code))
        {
            return waiting => waiting with { Reason = refused.Reason ?? refused.Code };
        }
        catch (RefusedException refused)
        {
            return waiting => waiting with { State = DeferredCallState.Failed, Reason = refused.Code, EndedAt = TimeProvider.System.GetUtcNow() };
        }
    }

    /// <summary>Changes the call if it still waits.</summary>
    private void Change(Guid id, Func<DeferredCall, DeferredCall> change) => ImmutableInterlocked.Update(ref calls, list =>
    {
        var i = list.FindIndex(each => each.Id == id && each.State == DeferredCallState.Waiting);
        return i < 0 ? list : list.SetItem(i, change(list[i]));
    });
}
