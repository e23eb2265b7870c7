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

    /// <exception cref="RefusedException"><c>call_unknown</c></exception>
    public DeferredCall Find(string id) =>
        All.FirstOrDefault(call => call.Id.ToString() == id) ?? throw Unknown();

    public static RefusedException Unknown() => new(RefusalKind.NotFound, "call_unknown", "There is no such call.");

    public void Forget(DeferredCall call) => ImmutableInterlocked.Update(ref calls, list => list.RemoveAll(each => each.Id == call.Id));

    public void Clear() => Volatile.Write(ref calls, []);

    /// <returns>Whether there is such a call. If it does not wait any more, nothing changes.</returns>
    public bool Cancel(string id)
    {
        if (All.FirstOrDefault(call => call.Id.ToString() == id) is not { } found)
            return false;
        End(found.Id, waiting => waiting with { State = DeferredCallState.Cancelled });
        return true;
    }

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
            for (var isFirst = true; Waiting(id) is { } call; isFirst = false)
            {
                if (!IsSeen(call.Peer))
                {
                    Forget(call);
                    return;
                }

                if (isFirst)
                    portal.Record(call.Call);
                await Attempt(call, ct);
                await Task.Delay(Pause, TimeProvider.System, ct);
            }
        }
        catch (OperationCanceledException)
        {
            // the fake is stopped
        }
    }

    private DeferredCall? Waiting(Guid id) => Volatile.Read(ref calls).Find(call => call.Id == id && call.State == DeferredCallState.Waiting);

    private async Task Attempt(DeferredCall call, CancellationToken ct)
    {
        try
        {
            var answer = await PeerCalls.Deliver(portal, call.Peer, call.Call, ct);
            if (answer.IsCut) // the peer's core has handed the call to its app, and says so when it is asked again
                End(call.Id, waiting => waiting with { State = DeferredCallState.Delivered, Reason = "already_delivered", AnswerStatus = answer.Status });
            else if (Deferral.MayBeTriedAgain(answer.Status))
                Change(call.Id, waiting => waiting with { Attempts = waiting.Attempts + 1, Reason = "peer_busy" });
            else
                End(call.Id, waiting => waiting with { State = DeferredCallState.Delivered, Reason = null, AnswerStatus = answer.Status, Answer = answer });
        }
        catch (RefusedException refused) when (Deferral.MayBeTriedAgain(refused.Code))
        {
            Change(call.Id, waiting => waiting with { Attempts = waiting.Attempts + 1, Reason = refused.Reason ?? refused.Code });
        }
        catch (RefusedException refused)
        {
            End(call.Id, waiting => waiting with { State = DeferredCallState.Failed, Reason = refused.Code });
        }
    }

    private void End(Guid id, Func<DeferredCall, DeferredCall> change) => Change(id, waiting =>
    {
        var ended = change(waiting);
        var wasTried = ended.State != DeferredCallState.Cancelled;
        return ended with { EndedAt = TimeProvider.System.GetUtcNow(), Attempts = ended.Attempts + (wasTried ? 1 : 0) };
    });

    /// <summary>Changes the call if it still waits.</summary>
    private void Change(Guid id, Func<DeferredCall, DeferredCall> change) => ImmutableInterlocked.Update(ref calls, list =>
    {
        var i = list.FindIndex(each => each.Id == id && each.State == DeferredCallState.Waiting);
        return i < 0 ? list : list.SetItem(i, change(list[i]));
    });
}
