using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Specs.Peers;

public sealed class ContactSpecs
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(50);
    private static readonly DateTimeOffset Soon = Now.AddMinutes(1);
    private static readonly PublicKey Key = PublicKey.Ed25519([.. Enumerable.Repeat((byte)1, 32)]);
    private static readonly long Millis = Now.ToUnixTimeMilliseconds();

    private static Contact Offered => Contact.Initial.Want(WantedPeering.Offered, Now);

    private static Contact Withdrawn => Delivered.Want(WantedPeering.Withdrawn, Now, "aaaaaa.zone", Key);

    private static Contact Delivered => After(Offered, a => a with { Identified = true, Reply = new(Offered.Revision, Refuted: false) });

    private static Contact FailedOnce => After(Offered, Fail);

    [Fact]
    public void A_wanted_state_has_the_time_as_its_revision() =>
        Given(Contact.Initial).When(c => c.Want(WantedPeering.Offered, Now)).Then(c => c.Revision, Millis);

    [Fact]
    public void A_wanted_state_at_the_same_instant_has_the_next_revision() =>
        Given(Offered).When(c => c.Want(WantedPeering.Withdrawn, Now)).Then(c => c.Revision, Millis + 1);

    [Fact]
    public void A_wanted_state_after_the_clock_was_set_back_has_the_next_revision() =>
        Given(Offered).When(c => c.Want(WantedPeering.Withdrawn, Now.AddYears(-1))).Then(c => c.Revision, Millis + 1);

    [Fact]
    public void A_wanted_state_is_due_at_once() =>
        Given(FailedOnce).When(c => c.Want(WantedPeering.Offered, Soon)).Then(c => c.NextAttemptAt, Soon);

    [Fact]
    public void A_wanted_state_resets_the_backoff() =>
        Given(FailedOnce).When(c => c.Want(WantedPeering.Offered, Soon)).Then(c => (c.Attempts, c.FailingSince, c.LastError), (0, null, null));

    [Fact]
    public void An_announced_address_is_asked_at_once() =>
        Given(Delivered with { ContactedAt = Now.AddHours(-1) }).When(c => c.Announce("a.b.example", Soon)).Then(c => (c.Announced, c.NextAttemptAt), ("a.b.example", Soon));

    [Fact]
    public void An_announced_address_is_asked_half_a_minute_after_the_last_attempt_at_the_earliest() =>
        Given(Delivered with { ContactedAt = Now }).When(c => c.Announce("a.b.example", Now.AddSeconds(1))).Then(c => c.NextAttemptAt, Now.AddSeconds(30));

    [Fact]
    public void The_same_address_announced_again_changes_nothing() =>
        Given(Delivered.Announce("a.b.example", Now)).When(c => c.Announce("a.b.example", Soon)).Then(c => c, Delivered.Announce("a.b.example", Now));

    [Fact]
    public void A_notice_with_the_present_address_withdraws_an_announced_one() =>
        Given(Delivered.Announce("a.b.example", Now)).When(c => c.Announce(null, Soon)).Then(c => c.Announced, null);

    [Fact]
    public void An_announced_address_is_kept_until_the_peer_is_met_there()
    {
        var told = Delivered.Announce("a.b.example", Now);
        Given(told).When(c => c.After(new ContactAttempt(c) { Identified = true }, Soon, 0.5)).Then(c => c.Announced, "a.b.example");
        Given(told).When(c => c.After(new ContactAttempt(c) { Identified = true, Moved = true }, Soon, 0.5)).Then(c => c.Announced, null);
        Given(told.Announce("c.d.example", Soon)).When(c => c.After(new ContactAttempt(told) { Identified = true, Moved = true }, Soon, 0.5))
            .Then(c => c.Announced, "c.d.example");
    }

    [Fact]
    public void A_wanted_state_of_the_owner_is_marked_as_asked_for() =>
        Given(Contact.Initial).When(c => c.Want(WantedPeering.Offered, Now)).Then(c => c.AskedAt, Now);

    [Fact]
    public void A_wanted_state_that_a_stranger_caused_is_not_marked_as_asked_for() =>
        Given(Contact.Initial).When(c => c.Want(WantedPeering.Offered, Now, byOwner: false)).Then(c => c.AskedAt, null);

    [Fact]
    public void A_wanted_state_is_waiting_until_it_is_answered() =>
        Given(Offered).When(c => c).Then(c => c.Waiting, true);

    [Fact]
    public void An_answer_ends_the_waiting() =>
        Given(Offered).When(c => After(c, Answer)).Then(c => c.Waiting, false);

    [Fact]
    public void An_answer_to_an_older_state_does_not_end_the_waiting() =>
        Given(Offered).When(c => c.Want(WantedPeering.Offered, Soon).After(Answer(new(c)), Soon, 0.5)).Then(c => c.Waiting, true);

    [Fact]
    public void After_an_answer_the_peer_is_identified_again_in_about_six_hours() =>
        Given(Offered).When(c => After(c, a => Answer(a) with { Identified = true }))
            .Then(c => (c.IdentifyAt, c.NextAttemptAt), (Now.AddHours(6), Now.AddHours(6)));

    [Fact]
    public void After_a_withdrawal_was_answered_nothing_is_to_be_done() =>
        Given(Withdrawn).When(c => After(c, Answer)).Then(c => c.NextAttemptAt, null);

    [Fact]
    public void An_invite_is_sent_until_a_notice_with_it_was_answered() =>
        Given(Contact.Initial.Want(WantedPeering.Offered, Now, invite: "code")).When(c => After(c, Answer)).Then(c => c.Invite, null);

    [Fact]
    public void An_invite_is_kept_when_the_notice_was_not_answered() =>
        Given(Contact.Initial.Want(WantedPeering.Offered, Now, invite: "code")).When(c => After(c, Fail)).Then(c => c.Invite, "code");

    [Fact]
    public void A_failed_attempt_is_repeated_after_ten_seconds() =>
        Given(Offered).When(c => After(c, Fail)).Then(c => c.NextAttemptAt, Now.AddSeconds(10));

    [Fact]
    public void The_second_failed_attempt_is_repeated_after_twenty_seconds() =>
        Given(FailedOnce).When(c => After(c, Fail)).Then(c => c.NextAttemptAt, Now.AddSeconds(20));

    [Fact]
    public void A_failed_attempt_keeps_its_error() =>
        Given(Offered).When(c => After(c, Fail)).Then(c => c.LastError?.Code, "peer_unreachable");

    [Fact]
    public void A_success_forgets_the_error_and_the_failed_attempts() =>
        Given(FailedOnce).When(c => After(c, Answer)).Then(c => (c.Attempts, c.FailingSince, c.LastError), (0, null, null));

    [Fact]
    public void Retry_After_lengthens_the_pause() =>
        Given(Offered).When(c => After(c, a => Fail(a) with { RetryAfter = TimeSpan.FromMinutes(5) })).Then(c => c.NextAttemptAt, Now.AddMinutes(5));

    [Fact]
    public void Retry_After_does_not_shorten_the_pause() =>
        Given(Offered).When(c => After(c, a => Fail(a) with { RetryAfter = TimeSpan.Zero })).Then(c => c.NextAttemptAt, Now.AddSeconds(10));

    [Fact]
    public void A_peer_that_fails_for_thirty_days_is_given_up() =>
        Given(FailedOnce).When(c => c.After(Fail(new(c)), Now.AddDays(31), 0.5)).Then(c => (c.NextAttemptAt, c.LastError?.Code), (null, "given_up"));

    [Fact]
    public void A_peer_that_fails_for_thirty_days_to_the_minute_is_not_given_up() =>
        Given(FailedOnce).When(c => c.After(Fail(new(c)), Now.AddDays(30), 0.5)).Then(c => c.NextAttemptAt, Now.AddDays(30).AddSeconds(20));

    [Fact]
    public void A_peer_is_not_known_to_be_reachable_before_first_contact() =>
        Given(Offered).When(c => After(c, Fail)).Then(c => c.IsReachable, null);

    [Fact]
    public void A_peer_that_answers_is_reachable() =>
        Given(Offered).When(c => After(c, Answer)).Then(c => (c.IsReachable, c.LastSeenAt), (true, Now));

    [Fact]
    public void One_failure_does_not_make_a_peer_unreachable() =>
        Given(Delivered).When(c => After(c, Fail)).Then(c => c.IsReachable, true);

    [Fact]
    public void Two_failures_in_a_row_make_a_peer_unreachable() =>
        Given(After(Delivered, Fail)).When(c => After(c, Fail)).Then(c => c.IsReachable, false);

    [Fact]
    public void The_reachability_of_a_removed_peer_does_not_change() =>
        Given(Withdrawn with { IsReachable = null, LastSeenAt = null }).When(c => After(c, Answer)).Then(c => (c.IsReachable, c.LastSeenAt), (null, null));

    [Fact]
    public void An_attempt_that_was_overtaken_leaves_the_newer_schedule() =>
        Given(Offered).When(c => c.TryNow(Soon).After(Fail(new(c)), Soon.AddSeconds(1), 0.5))
            .Then(c => (c.NextAttemptAt, c.AskedAt, c.Attempts), (Soon, Soon, 0));

    [Fact]
    public void An_attempt_that_was_overtaken_still_counts_as_delivered() =>
        Given(Offered).When(c => c.TryNow(Soon).After(Answer(new(c)), Soon.AddSeconds(1), 0.5)).Then(c => (c.Delivered, c.IsReachable), (Millis, true));

    [Fact]
    public void An_attempt_clears_the_owners_request() =>
        Given(Offered).When(c => After(c, Fail)).Then(c => c.AskedAt, null);

    [Fact]
    public void A_peer_with_a_higher_revision_raises_ours() =>
        Given(Offered).When(c => After(c, a => a with { Reply = new(Millis + 50, Refuted: false) })).Then(c => c.Revision, Millis + 50);

    [Fact]
    public void A_withdrawal_has_a_higher_revision_than_the_peer() =>
        Given(Offered)
            .When(c => c.Want(WantedPeering.Withdrawn, Soon, "aaaaaa.zone", Key).After(new(c) { Reply = new(Millis + 90_000, Refuted: false) }, Soon, 0.5))
            .Then(c => c.Revision, Millis + 90_001);

    [Fact]
    public void A_refuted_state_is_sent_again_with_a_revision_above_the_peers() =>
        Given(Delivered).When(c => After(c, Refute)).Then(c => (c.Revision, c.Doubted, c.Waiting), (Millis + 101, true, true));

    [Fact]
    public void A_refuted_state_is_sent_again_at_once_the_first_time() =>
        Given(Delivered).When(c => After(c, Refute)).Then(c => (c.NextAttemptAt, c.RestatedAt), (Now, Now));

    [Fact]
    public void A_state_that_is_refuted_again_is_sent_again_after_ten_minutes() =>
        Given(After(Delivered, Refute)).When(c => After(c, Refute)).Then(c => c.NextAttemptAt, Now.AddMinutes(10));

    [Fact]
    public void An_answer_that_does_not_refute_ends_the_doubt() =>
        Given(After(Delivered, Refute)).When(c => After(c, Answer)).Then(c => c.Doubted, false);

    [Fact]
    public void A_failure_does_not_end_the_doubt() =>
        Given(After(Delivered, Refute)).When(c => After(c, Fail)).Then(c => c.Doubted, true);

    [Fact]
    public void A_refused_call_makes_us_send_our_state_again() =>
        Given(Delivered).When(c => c.Doubt(Soon)).Then(c => (c.Doubted, c.Waiting, c.NextAttemptAt), (true, true, Soon));

    [Fact]
    public void Refused_calls_make_us_send_our_state_every_ten_minutes_at_most() =>
        Given(Delivered.Doubt(Now)).When(c => c.Doubt(Now.AddMinutes(9))).ThenUnchanged();

    [Fact]
    public void A_refused_call_ten_minutes_later_makes_us_send_our_state_again() =>
        Given(Delivered.Doubt(Now)).When(c => c.Doubt(Now.AddMinutes(10))).Then(c => c.NextAttemptAt, Now.AddMinutes(10));

    [Fact]
    public void A_refused_call_to_a_removed_peer_changes_nothing() =>
        Given(Withdrawn).When(c => c.Doubt(Soon)).ThenUnchanged();

    [Fact]
    public void A_failed_call_makes_us_ask_the_peer_who_it_is() =>
        Given(Delivered).When(c => c.BringForward(Soon)).Then(c => (c.IdentifyAt, c.NextAttemptAt), (Soon, Soon));

    [Fact]
    public void Failed_calls_make_us_ask_the_peer_every_thirty_seconds_at_most() =>
        Given(Delivered with { ContactedAt = Now }).When(c => c.BringForward(Now.AddSeconds(29))).ThenUnchanged();

    [Fact]
    public void A_failed_call_to_a_removed_peer_changes_nothing() =>
        Given(Withdrawn).When(c => c.BringForward(Soon)).ThenUnchanged();

    [Fact]
    public void A_peer_that_is_heard_from_while_attempts_fail_is_contacted_at_once() =>
        Given(FailedOnce).When(c => c.Heard(Soon)).Then(c => (c.NextAttemptAt, c.Attempts, c.IsReachable), (Soon, 0, true));

    [Fact]
    public void A_peer_that_is_heard_from_otherwise_keeps_its_schedule() =>
        Given(Delivered).When(c => c.Heard(Soon)).Then(c => (c.NextAttemptAt, c.LastSeenAt, c.Schedule), (Delivered.NextAttemptAt, Soon, Delivered.Schedule));

    [Fact]
    public void An_older_report_does_not_move_the_time_of_the_last_exchange_back() =>
        Given(Delivered.Heard(Soon)).When(c => c.Heard(Now)).Then(c => c.LastSeenAt, Soon);

    [Fact]
    public void An_exchange_with_a_removed_peer_is_not_recorded() =>
        Given(Withdrawn).When(c => c.Heard(Soon)).ThenUnchanged();

    [Fact]
    public void Trying_now_skips_every_pause() =>
        Given(After(After(Delivered, Refute), Fail)).When(c => c.TryNow(Soon))
            .Then(c => (c.NextAttemptAt, c.IdentifyAt, c.AskedAt, c.RestatedAt, c.Attempts), (Soon, Soon, Soon, null, 0));

    [Fact]
    public void Trying_now_sends_our_state_again() =>
        Given(Delivered).When(c => c.TryNow(Soon)).Then(c => (c.Revision, c.Waiting), (Soon.ToUnixTimeMilliseconds(), true));

    [Fact]
    public void A_blocked_peer_is_not_contacted_until_it_is_rescheduled() =>
        Given(FailedOnce).When(c => c.Rest(c)).Then(c => (c.NextAttemptAt, c.LastError), (null, null));

    [Fact]
    public void A_peer_that_was_rescheduled_meanwhile_stays_scheduled() =>
        Given(Offered).When(c => c.TryNow(Soon).Rest(c)).Then(c => c.NextAttemptAt, Soon);

    [Fact]
    public void A_contact_that_was_never_identified_is_due() => Assert.True(Contact.Initial.IsIdentificationDue(Now));

    [Fact]
    public void A_contact_is_due_at_the_time_set_for_it() => Assert.True((Contact.Initial with { IdentifyAt = Now }).IsIdentificationDue(Now));

    [Fact]
    public void A_contact_is_not_due_before_the_time_set_for_it() => Assert.False((Contact.Initial with { IdentifyAt = Soon }).IsIdentificationDue(Now));

    [Fact]
    public void A_new_wanted_state_ends_the_doubt() =>
        Given(Delivered.Doubt(Now)).When(c => c.Want(WantedPeering.Offered, Soon)).Then(c => c.Doubted, false);

    [Fact]
    public void A_failed_attempt_delivers_nothing() =>
        Given(Offered).When(c => After(c, Fail)).Then(c => (c.Waiting, c.Delivered), (true, 0L));

    [Fact]
    public void A_failed_attempt_does_not_put_off_the_next_identification() =>
        Given(Offered).When(c => After(c, Fail)).Then(c => c.IdentifyAt, Now);

    [Fact]
    public void Thirty_seconds_after_an_attempt_a_failed_call_makes_us_ask_again() =>
        Given(Delivered with { ContactedAt = Now.AddSeconds(-30) }).When(c => c.BringForward(Now)).Then(c => c.NextAttemptAt, Now);

    [Fact]
    public void A_state_that_is_refuted_before_its_restatement_keeps_the_time_of_that() =>
        Given(After(After(Delivered, Refute), Refute)).When(c => After(c, Refute)).Then(c => c.NextAttemptAt, Now.AddMinutes(10));

    [Fact]
    public void The_error_of_a_peer_that_is_given_up_includes_the_last_one() =>
        Given(FailedOnce).When(c => c.After(Fail(new(c)), Now.AddDays(31), 0.5))
            .Then(c => c.LastError!.Detail.EndsWith("No answer.", StringComparison.Ordinal), true);

    private static Contact After(Contact contact, Func<ContactAttempt, ContactAttempt> attempt) =>
        contact.After(attempt(new ContactAttempt(contact)), Now, 0.5);

    private static ContactAttempt Answer(ContactAttempt attempt) => attempt with { Reply = new(attempt.Begun.Revision, Refuted: false) };

    private static ContactAttempt Refute(ContactAttempt attempt) => attempt with { Reply = new(Millis + 100, Refuted: true) };

    private static ContactAttempt Fail(ContactAttempt attempt) => attempt with { Error = new ContactError("peer_unreachable", "No answer.", Now) };

    private static Scenario Given(Contact contact) => new(contact);

    private sealed record Scenario(Contact Before)
    {
        public Outcome When(Func<Contact, Contact> decide) => new(Before, decide(Before));
    }

    private sealed record Outcome(Contact Before, Contact After)
    {
        public void Then<T>(Func<Contact, T> what, T expected) => Assert.Equal(expected, what(After));

        public void ThenUnchanged() => Assert.Equal(Before, After);
    }
}
