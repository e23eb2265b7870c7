using System.Security.Cryptography;
using MediatR;
using PeerRegistry.Domain.SignedCalls;

namespace PeerRegistry.Application.SignedCalls;

/// <summary>
/// Delivers the waiting calls of one queue until none is left or one fails: first one, and as long as all goes well more and more at once. Does nothing if
/// the queue is not due. Returns when to look again if somebody else is delivering from it, else null.
/// </summary>
public sealed record DeliverDeferredCalls(DeferredCallsDue Queue) : IRequest<DateTimeOffset?>
{
    /// <summary>After so many calls, the other queues get a turn.</summary>
    private const int MostInTurn = 200;

    private const int MostAtOnce = 16;

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
            for (int atOnce = 1, delivered = 0; delivered < MostInTurn; atOnce = Math.Min(2 * atOnce, MostAtOnce))
            {
                var calls = await queues.Next(queue, token, atOnce, clock.GetUtcNow(), ct);
                if (calls.Count == 0 && await queues.Release(queue, token, ct))
                    return false;

                var attempts = await Task.WhenAll(calls.Select(async call => new EndedAttempt(call.Id, await Outcome(queue, call, ct))));
                if (attempts.Any(each => each.Outcome.Reason == DeferredAttempt.PeerUnknown))
                {
                    await queues.Drop(queue, ct);
                    return false;
                }

                var now = clock.GetUtcNow();
                await queues.End(queue, [.. attempts.Where(each => each.Outcome.State != DeferredCallState.Waiting)], now, ct);
                var failed = attempts.Where(each => each.Outcome.State == DeferredCallState.Waiting).ToList();
                if (failed.Count > 0)
                {
                    failures = failed.Count < attempts.Length ? 1 : failures + 1;
                    var chance = RandomNumberGenerator.GetInt32(int.MaxValue) / (double)int.MaxValue;
                    var pause = Deferral.Pause(failures, chance, failed.Max(each => each.Outcome.RetryAfter));
                    await queues.Postpone(queue, token, failed, failures, now + pause, ct);
                    return false;
                }

                delivered += calls.Count;
            }

            return true;
        }

        private async Task<DeferredOutcome> Outcome(DeferredCallsDue queue, WaitingCall call, CancellationToken ct) =>
            call.ExpiresAt <= clock.GetUtcNow() ? new(DeferredCallState.Failed, Deferral.GivenUp) : await attempt.Make(queue, call, ct);
    }
}
