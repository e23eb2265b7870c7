using System.Security.Cryptography;
using MediatR;
using PeerRegistry.Domain.SignedCalls;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>
/// Delivers the waiting calls of one queue, one after another, until none is left or one fails. Does nothing if the queue is not due. Returns when to look
/// again if somebody else is delivering from it, else null.
/// </summary>
public sealed record DeliverDeferredCalls(DeferredCallsDue Queue) : IRequest<DateTimeOffset?>
{
    /// <summary>After so many calls, the other queues get a turn.</summary>
    private const int MostInTurn = 100;

    internal sealed class Handler(IDeferredQueues queues, DeferredAttempt attempt, TimeProvider clock) : IRequestHandler<DeliverDeferredCalls, DateTimeOffset?>
    {
        public async Task<DateTimeOffset?> Handle(DeliverDeferredCalls c, CancellationToken ct)
        {
            var claim = await queues.Claim(c.Queue, clock.GetUtcNow(), ct);
            if (claim.Token is not { } token)
                return claim.ClaimedUntil;

            var isHeld = true;
            try
            {
                isHeld = await Deliver(c.Queue, token, claim.Failures, ct);
                return null;
            }
            finally
            {
                if (isHeld)
                    await queues.Yield(c.Queue, token, CancellationToken.None); // the registry stops, or the turn is over
            }
        }

        /// <returns>Whether the claim is still held.</returns>
        private async Task<bool> Deliver(DeferredCallsDue queue, Guid token, int failures, CancellationToken ct)
        {
            for (var delivered = 0; delivered < MostInTurn;)
            {
                if (await queues.Next(queue, token, clock.GetUtcNow(), ct) is not { } call)
                {
                    if (await queues.Release(queue, token, ct))
                        return false;
                    continue;
                }

                if (await Outcome(queue, call, ct) is not { } outcome)
                {
                    await queues.Drop(queue, ct);
                    return false;
                }

                var now = clock.GetUtcNow();
                if (outcome.State == DeferredCallState.Waiting)
                {
                    var pause = Deferral.Pause(++failures, RandomNumberGenerator.GetInt32(int.MaxValue) / (double)int.MaxValue, outcome.RetryAfter);
                    await queues.Postpone(queue, token, call.Id, outcome, failures, now + pause, ct);
                    return false;
                }

                await queues.End(queue, call.Id, outcome, now, ct);
                failures = 0;
                delivered++;
            }

            return true;
        }

        /// <returns>Null if the app may not see the peer any more.</returns>
        private async Task<DeferredOutcome?> Outcome(DeferredCallsDue queue, WaitingCall call, CancellationToken ct)
        {
            if (call.ExpiresAt <= clock.GetUtcNow())
                return new(DeferredCallState.Failed, Deferral.GivenUp);

            var outcome = await attempt.Make(queue, call, ct);
            return outcome.Reason == DeferredAttempt.PeerUnknown ? null : outcome;
        }
    }
}
