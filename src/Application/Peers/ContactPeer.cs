using System.Security.Cryptography;
using MediatR;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Domain.Kernel;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Peers;

/// <summary>
/// Contacts one peer if it is due: asks who it is, if the last answer is too old, and tells it our wanted state, if it has not answered
/// that yet. Does nothing if the contact is not due or another node has claimed it.
/// </summary>
public sealed record ContactPeer(PortalId Portal, ShortId Peer) : IRequest
{
    internal sealed class Handler(IEventStore store, IPeerContacts contacts, IMediator mediator, TimeProvider clock) : IRequestHandler<ContactPeer, Unit>
    {
        private static readonly TimeSpan RestateAtMost = TimeSpan.FromMinutes(10);

        public async Task<Unit> Handle(ContactPeer c, CancellationToken ct)
        {
            if (await contacts.Claim(c.Portal, c.Peer, clock.GetUtcNow(), ct) is not { } due)
                return Unit.Value;

            var peer = await store.Load(due.Portal, due.Peer, ct);
            var visit = new Visit(peer.Key is null || due.MeetDueAt is null || due.MeetDueAt <= clock.GetUtcNow());
            if (due.Wanted == WantedPeering.Offered && (!peer.Listed || peer.Blocked))
            {
                await contacts.Finish(Rest(due), ct);
                return Unit.Value;
            }

            try
            {
                if (due.Wanted == WantedPeering.Offered && visit.Meets)
                {
                    await mediator.Send(new MeetPeer(due.Portal, due.Peer), ct);
                    visit.Met = true;
                }

                if (due.Revision > due.Delivered)
                    visit.Said = await mediator.Send(new OfferPeering(due), ct);
            }
            catch (RefusedException e)
            {
                visit.Error = new ContactError(e.Code, e.Message, clock.GetUtcNow());
                visit.RetryAfter = e.RetryAfter;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                visit.Error = new ContactError("internal_error", "Something went wrong here. The log of this Portal says what.", clock.GetUtcNow());
                await contacts.Finish(Outcome(due, visit), ct);
                throw;
            }

            await contacts.Finish(Outcome(due, visit), ct);
            if (visit.Met)
                await mediator.Send(new FetchPeerPicture(due.Portal, due.Peer), ct); // last, as nothing waits for it
            return Unit.Value;
        }

        private ContactOutcome Outcome(DueContact due, Visit visit)
        {
            var now = clock.GetUtcNow();
            DateTimeOffset? meetDueAt = visit.Met ? now + Backoff.Refresh(Chance()) : null;
            var restate = visit.Said is { Refuted: true };
            var outcome = new ContactOutcome(
                due, now, Heard: visit.Met || visit.Said is not null, meetDueAt, visit.Said is null ? null : due.Revision, visit.Said?.Revision,
                Doubted: restate || (due.Doubted && visit.Said is null), restate, visit.Error, Attempts: 0, FailingSince: null, NextAttemptAt: meetDueAt ?? due.MeetDueAt);
            if (visit.Error is not null)
                return Failed(outcome, visit.RetryAfter);
            if (restate)
                return outcome with { NextAttemptAt = Later(now, due.RestatedAt > now ? due.RestatedAt : due.RestatedAt + RestateAtMost) };

            return due.Wanted == WantedPeering.Withdrawn ? outcome with { NextAttemptAt = null } : outcome;
        }

        private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset? other) => other > one ? other.Value : one;

        private static ContactOutcome Failed(ContactOutcome outcome, TimeSpan? asked)
        {
            var (due, now) = (outcome.Due, outcome.At);
            var since = due.FailingSince ?? now;
            var pause = Backoff.Pause(due.Attempts + 1, Chance(), asked);
            var givenUp = now - since > Backoff.GiveUpAfter;
            return outcome with
            {
                Attempts = due.Attempts + 1,
                FailingSince = since,
                NextAttemptAt = givenUp ? null : now + pause,
                Error = givenUp ? new ContactError("given_up", $"Not reached for 30 days. The last time: {outcome.Error!.Detail}", now) : outcome.Error,
            };
        }

        private ContactOutcome Rest(DueContact due) => new(
            due, clock.GetUtcNow(), Heard: false, MeetDueAt: null, Delivered: null, RevisionAtLeast: null, due.Doubted, Restate: false,
            Error: null, due.Attempts, due.FailingSince, NextAttemptAt: null);

        private static double Chance() => RandomNumberGenerator.GetInt32(int.MaxValue) / (double)int.MaxValue;

        private sealed record Visit(bool Meets)
        {
            public bool Met { get; set; }

            public OfferPeering.Outcome? Said { get; set; }

            public ContactError? Error { get; set; }

            public TimeSpan? RetryAfter { get; set; }
        }
    }
}
