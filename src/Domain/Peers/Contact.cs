using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Peers;

/// <summary>The state that a peer is to be told. A newer state replaces an older one that was not delivered.</summary>
public enum WantedPeering
{
    Offered,
    Withdrawn,
}

/// <param name="Code">A stable code in snake case, such as <c>peer_unreachable</c>, <c>identity_refused</c> or <c>clock_skew</c>.</param>
public sealed record ContactError(string Code, string Detail, DateTimeOffset At);

/// <summary>The outcome of one attempt to contact a peer.</summary>
/// <param name="Begun">The contact as it was when the attempt began.</param>
public sealed record ContactAttempt(Contact Begun)
{
    /// <summary>Whether the peer has answered <c>whoareyou</c> and is who it should be.</summary>
    public bool Identified { get; init; }

    /// <summary>Whether the peer was met at the address that it had announced.</summary>
    public bool Moved { get; init; }

    /// <summary>The peer's answer to our notice, or null if none was sent or answered.</summary>
    public ContactReply? Reply { get; init; }

    /// <summary>Why the attempt failed, or null if it succeeded.</summary>
    public ContactError? Error { get; init; }

    /// <summary>The pause that the peer asked for, or null if it asked for none.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>The peer's answer to a notice.</summary>
/// <param name="Revision">The highest revision of ours that the peer has accepted.</param>
/// <param name="Refuted">Whether the peer's state contradicts ours, so that ours has to be sent again before it counts.</param>
public sealed record ContactReply(long Revision, bool Refuted);

/// <summary>Delivery and backoff of one peer: what it is to learn from us, whether it has, and when it is contacted next.</summary>
public sealed record Contact
{
    public static readonly Contact Initial = new();

    private static readonly TimeSpan BringForwardAtMost = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RestateAtMost = TimeSpan.FromMinutes(10);

    public WantedPeering Wanted { get; init; }

    /// <summary>
    /// The revision of the wanted state. It is higher than every earlier one and not behind the clock in Unix milliseconds, so that after
    /// a backup is restored it is still above those that the peers have accepted.
    /// </summary>
    public long Revision { get; init; }

    /// <summary>The highest revision that the peer has answered.</summary>
    public long Delivered { get; init; }

    /// <summary>The domain of a peer that is no longer in the contact list; null for one that is.</summary>
    public string? Domain { get; init; }

    /// <summary>The key of a peer that is no longer in the contact list; null for one that is.</summary>
    public PublicKey? Key { get; init; }

    /// <summary>The code of the peer's invite that goes with the next notice, or null.</summary>
    public string? Invite { get; init; }

    /// <summary>When to ask the peer again who it is; null if it was never asked.</summary>
    public DateTimeOffset? IdentifyAt { get; init; }

    /// <summary>
    /// Another address that the peer has given in a notice, at which it was not met yet; null if there is none. The peer is still
    /// called at its present one.
    /// </summary>
    public string? Announced { get; init; }

    /// <summary>Whether the peer has said or shown once that we are not in its list, although we hold it to be mutual.</summary>
    public bool Doubted { get; init; }

    /// <summary>When the wanted state is or was sent again because of a doubt; null if there was none.</summary>
    public DateTimeOffset? RestatedAt { get; init; }

    /// <summary>Null before first contact.</summary>
    public bool? IsReachable { get; init; }

    /// <summary>The last authenticated exchange, or null if there was none.</summary>
    public DateTimeOffset? LastSeenAt { get; init; }

    /// <summary>Failed attempts since the peer was last heard from.</summary>
    public int Attempts { get; init; }

    /// <summary>The first of these failed attempts, or null if there is none.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    public ContactError? LastError { get; init; }

    /// <summary>Null if nothing is to be done.</summary>
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>When the owner asked for the next attempt, or null if it is due by itself.</summary>
    public DateTimeOffset? AskedAt { get; init; }

    /// <summary>When the last attempt began, or null if there was none.</summary>
    public DateTimeOffset? ContactedAt { get; init; }

    /// <summary>Incremented on every reschedule; an attempt already running must not overwrite the newer schedule.</summary>
    public long Schedule { get; init; }

    /// <summary>Whether the peer has not answered the wanted state yet.</summary>
    public bool Waiting => Revision > Delivered;

    /// <summary>Whether the last answer to <c>whoareyou</c> is too old, or there was none.</summary>
    public bool IsIdentificationDue(DateTimeOffset now) => IdentifyAt is null || IdentifyAt <= now;

    /// <summary>Replaces the state that the peer is to be told, and schedules an attempt for now.</summary>
    /// <param name="domain">For <see cref="WantedPeering.Withdrawn"/>: the peer's domain, since the peer is no longer in the contact list.</param>
    /// <param name="key">For <see cref="WantedPeering.Withdrawn"/>: the peer's pinned key, for the same reason.</param>
    /// <param name="byOwner">Whether the owner asked for it.</param>
    public Contact Want(WantedPeering wanted, DateTimeOffset now, string? domain = null, PublicKey? key = null, string? invite = null, bool byOwner = true) =>
        Reschedule(now) with
        {
            Wanted = wanted, Revision = Next(now), Domain = domain, Key = key, Invite = invite, IdentifyAt = now, AskedAt = byOwner ? now : null,
            Announced = null, Doubted = false, RestatedAt = null, Attempts = 0, FailingSince = null, LastError = null,
        };

    /// <summary>Schedules an attempt for now because the owner asked. The pauses of the backoff and before a restatement are skipped.</summary>
    public Contact TryNow(DateTimeOffset now) =>
        Reschedule(now) with { Revision = Next(now), IdentifyAt = now, AskedAt = now, RestatedAt = null, Attempts = 0, FailingSince = null };

    /// <summary>Asks the peer again soon who it is, at most every 30 s, because a call to it failed or it sent a notice before first contact.</summary>
    public Contact BringForward(DateTimeOffset now) =>
        Wanted == WantedPeering.Withdrawn || ContactedAt > now - BringForwardAtMost ? this : Reschedule(now) with { IdentifyAt = now };

    /// <summary>Asks soon, at most every 30 s, whether the peer is at the address that its notice gave, or forgets an earlier such address.</summary>
    /// <param name="address">Null if the notice gave the present address.</param>
    public Contact Announce(string? address, DateTimeOffset now)
    {
        if (Announced == address || Wanted == WantedPeering.Withdrawn)
            return this;
        return address is null ? this with { Announced = null } : Reschedule(Later(now, ContactedAt + BringForwardAtMost)) with { Announced = address };
    }

    /// <summary>Sends the wanted state once more, because the peer has become mutual and may now hear more than before.</summary>
    public Contact Restate(DateTimeOffset now) => Wanted == WantedPeering.Withdrawn ? this : Reschedule(now) with { Revision = Next(now) };

    /// <summary>Sends the wanted state again, at most every ten minutes, because the peer answered 401 to a call.</summary>
    public Contact Doubt(DateTimeOffset now) =>
        Wanted == WantedPeering.Withdrawn || RestatedAt > now - RestateAtMost
            ? this
            : Reschedule(now) with { Revision = Next(now), Doubted = true, RestatedAt = now };

    /// <summary>
    /// Records an authenticated exchange outside an attempt. A peer whose attempts failed is contacted at once. Nothing is recorded for a
    /// peer that was removed.
    /// </summary>
    public Contact Heard(DateTimeOffset at)
    {
        if (Wanted == WantedPeering.Withdrawn)
            return this;

        var heard = Attempts > 0 ? Reschedule(at) : this;
        return heard with { IsReachable = true, LastSeenAt = LastSeenAt > at ? LastSeenAt : at, Attempts = 0, FailingSince = null };
    }

    /// <summary>Stops the attempts until the next reschedule, because the peer is blocked or no longer in the contact list.</summary>
    public Contact Rest(Contact begun) => Schedule != begun.Schedule ? this : this with { LastError = null, AskedAt = null, NextAttemptAt = null };

    /// <summary>
    /// Applies the outcome of an attempt. What the peer was told and what it answered always count; the schedule and the error count only
    /// if the contact was not rescheduled while the attempt was running.
    /// </summary>
    /// <param name="chance">A random number from 0 to 1.</param>
    public Contact After(ContactAttempt attempt, DateTimeOffset now, double chance)
    {
        var (begun, reply) = (attempt.Begun, attempt.Reply);
        var overtaken = Schedule != begun.Schedule;
        var heard = Wanted == WantedPeering.Offered && (attempt.Identified || reply is not null);
        var learned = this with
        {
            IsReachable = ReachableAfter(attempt),
            LastSeenAt = heard ? now : LastSeenAt,
            Delivered = reply is null ? Delivered : Math.Max(Delivered, begun.Revision),
            Revision = RevisionAfter(attempt, now),
            Announced = attempt.Moved && Announced == begun.Announced ? null : Announced,
            Invite = reply is not null && !overtaken && begun.Revision > Delivered ? null : Invite,
        };
        return overtaken ? learned : learned.ScheduleAfter(attempt, now, chance);
    }

    /// <summary>A peer counts as unreachable after two failures in a row. The value of a peer that was removed does not change.</summary>
    private bool? ReachableAfter(ContactAttempt attempt) => attempt switch
    {
        _ when Wanted == WantedPeering.Withdrawn => IsReachable,
        { Identified: true } or { Reply: not null } => true,
        { Error: not null, Begun.Attempts: > 0 } => false,
        _ => IsReachable,
    };

    /// <summary>
    /// The peer ignores revisions that are not above the highest that it has accepted. A state that it is still to be told therefore needs a
    /// higher one: a state that is sent again after a doubt, and the withdrawal of a contact that was removed during the attempt.
    /// </summary>
    private long RevisionAfter(ContactAttempt attempt, DateTimeOffset now) => attempt.Reply switch
    {
        null => Revision,
        { Refuted: true } reply => Math.Max(Next(now), reply.Revision + 1),
        var reply when Wanted == WantedPeering.Withdrawn && reply.Revision > attempt.Begun.Revision => Math.Max(Revision, reply.Revision) + 1,
        var reply => Math.Max(Revision, reply.Revision),
    };

    private Contact ScheduleAfter(ContactAttempt attempt, DateTimeOffset now, double chance)
    {
        var identifyAt = attempt.Identified ? now + Backoff.Refresh(chance) : IdentifyAt;
        var refuted = attempt.Reply is { Refuted: true };
        var after = this with { IdentifyAt = identifyAt, AskedAt = null, Doubted = refuted || (Doubted && attempt.Reply is null) };
        if (attempt.Error is { } error)
            return after.Failed(error, attempt.RetryAfter, now, chance);

        var succeeded = after with { Attempts = 0, FailingSince = null, LastError = null };
        var restateAt = Later(now, RestatedAt > now ? RestatedAt : RestatedAt + RestateAtMost);
        return refuted
            ? succeeded with { RestatedAt = restateAt, NextAttemptAt = restateAt }
            : succeeded with { NextAttemptAt = Wanted == WantedPeering.Withdrawn ? null : identifyAt };
    }

    private Contact Failed(ContactError error, TimeSpan? retryAfter, DateTimeOffset now, double chance)
    {
        var failed = this with { Attempts = Attempts + 1, FailingSince = FailingSince ?? now };
        return now - failed.FailingSince > Backoff.GiveUpAfter
            ? failed with
            {
                NextAttemptAt = null,
                LastError = new ContactError("given_up", $"The peer was not reached for 30 days. The last error: {error.Detail}", now),
            }
            : failed with { NextAttemptAt = now + Backoff.Pause(failed.Attempts, chance, retryAfter), LastError = error };
    }

    private Contact Reschedule(DateTimeOffset at) => this with { NextAttemptAt = at, Schedule = Schedule + 1 };

    private long Next(DateTimeOffset now) => Math.Max(Revision + 1, now.ToUnixTimeMilliseconds());

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset? other) => other > one ? other.Value : one;
}
