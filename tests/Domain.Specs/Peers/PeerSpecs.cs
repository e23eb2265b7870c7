using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Specs.Peers;

public sealed partial class PeerSpecs
{
    private static readonly DateOnly Today = new(2026, 1, 2);
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly PublicKey Own = Key(1);
    private static readonly PublicKey Ada = Key(2);
    private static readonly PublicKey AdaAgain = Key(2);

    private static PeerEvent Added => new PeerAdded(null, Typed(Ada.Id.Short.Value), null, null, $"{Ada.Id.Short}.zone", PeerVerification.FirstUse);

    private static PeerEvent Pinned => new PeerKeyPinned(Ada.Id, Ada, "Ada", PeerVerification.FirstUse, Signed: true);

    private static PeerEvent Confirmed => new PeeringConfirmed(Ada.Id);

    [Fact]
    public void A_peer_is_added_once() =>
        Given(Added).When(p => Add(p, Ada.Id.Short.Value)).ThenNothing();

    [Fact]
    public void Before_first_contact_a_longer_ID_is_recorded() =>
        Given(Added).When(p => Add(p, Ada.Id.Value)).Then(new PeerAdded(Ada.Id, Typed(Ada.Id.Value), null, null, "d", PeerVerification.FullId));

    [Theory]
    [InlineData(6)]
    [InlineData(40)]
    [InlineData(103)]
    public void The_own_ID_is_refused(int length) =>
        Given().When(p => Add(p, Own.Id.Value[..length])).ThenRefused("peer_is_self");

    [Fact]
    public void Another_ID_that_begins_like_ours_is_refused() =>
        Given().When(p => Add(p, Own.Id.Value[..6] + Other(Own.Id.Value[6]))).ThenRefused("peer_short_id_taken");

    [Fact]
    public void A_second_contact_with_the_same_six_characters_is_refused()
    {
        var other = Ada.Id.Value[..6] + Other(Ada.Id.Value[6]);
        Given(Added, Pinned).When(p => Add(p, other)).ThenRefused("peer_short_id_taken");
        Given(Added, Pinned, new PeerRemoved(Ada.Id)).When(p => Add(p, other)).ThenRefused("peer_short_id_taken");
        Given(Added, Pinned, new PeerRemoved(Ada.Id), new PeerIdentityForgotten(Ada.Id)).When(p => Add(p, other))
            .Then(new PeerAdded(null, Typed(other), null, null, "d", PeerVerification.FirstUse));
    }

    [Fact]
    public void First_contact_pins_the_key() =>
        Given(Added).When(p => Peer.Met(p, Ada, "Ada", signed: true, Today)).Then(Pinned);

    [Fact]
    public void A_key_that_does_not_match_the_typed_ID_is_refused() =>
        Given(new PeerAdded(null, Typed(Ada.Id.Value[..6] + Other(Ada.Id.Value[6])), null, null, "d", PeerVerification.FirstUse))
            .When(p => Peer.Met(p, Ada, null, signed: true, Today)).Then(new PeerIdentityRefused(null, Ada.Id, Today));

    [Fact]
    public void Another_key_than_the_pinned_one_is_refused_and_recorded_once_a_day()
    {
        Given(Added, Pinned).When(p => Peer.Met(p, Own, null, signed: true, Today)).Then(new PeerIdentityRefused(Ada.Id, Own.Id, Today));
        var refused = new PeerIdentityRefused(Ada.Id, Own.Id, Today);
        Given(Added, Pinned, refused).When(p => Peer.Met(p, Own, null, signed: true, Today)).ThenNothing();
        Given(Added, Pinned, refused).When(p => Peer.Met(p, Own, null, signed: true, Today.AddDays(1)))
            .Then(new PeerIdentityRefused(Ada.Id, Own.Id, Today.AddDays(1)));
    }

    [Fact]
    public void Ten_refused_keys_a_day_are_recorded()
    {
        var refused = Enumerable.Range(10, 10).Select(n => new PeerIdentityRefused(Ada.Id, Key((byte)n).Id, Today));
        Given([Added, Pinned, .. refused]).When(p => Peer.Met(p, Own, null, signed: true, Today)).ThenNothing();
    }

    [Fact]
    public void A_new_claimed_name_is_recorded() =>
        Given(Added, Pinned).When(p => Peer.Met(p, AdaAgain, "Ada L.", signed: true, Today)).Then(new PeerNameClaimed(Ada.Id, "Ada L.", Today));

    [Fact]
    public void Ten_new_names_a_day_are_recorded() =>
        Given([Added, Pinned, .. NamesOf(Today, 9)]).When(p => Peer.ClaimName(p, Ada, "Another", Today)).Then(new PeerNameClaimed(Ada.Id, "Another", Today));

    [Fact]
    public void The_eleventh_new_name_of_a_day_in_a_notice_is_not_recorded() =>
        Given([Added, Pinned, .. NamesOf(Today, 10)]).When(p => Peer.ClaimName(p, Ada, "Another", Today)).ThenNothing();

    [Fact]
    public void The_eleventh_new_name_of_a_day_in_an_answer_is_not_recorded() =>
        Given([Added, Pinned, .. NamesOf(Today, 10)]).When(p => Peer.Met(p, Ada, "Another", signed: true, Today)).ThenNothing();

    [Fact]
    public void On_the_next_day_the_name_that_was_skipped_is_recorded() =>
        Given([Added, Pinned, .. NamesOf(Today, 10)]).When(p => Peer.Met(p, Ada, "Another", signed: true, Today.AddDays(1)))
            .Then(new PeerNameClaimed(Ada.Id, "Another", Today.AddDays(1)));

    [Fact]
    public void Removing_and_adding_a_peer_does_not_reset_its_count_of_names() =>
        Given([Added, Pinned, .. NamesOf(Today, 10), new PeerRemoved(Ada.Id), Added]).When(p => Peer.ClaimName(p, Ada, "Another", Today)).ThenNothing();

    [Fact]
    public void A_name_recorded_before_names_were_counted_counts_for_no_day() =>
        Given([Added, Pinned, new PeerNameClaimed(Ada.Id, "Old"), .. NamesOf(Today, 9)]).When(p => Peer.ClaimName(p, Ada, "Another", Today))
            .Then(new PeerNameClaimed(Ada.Id, "Another", Today));

    [Fact]
    public void A_signed_answer_shows_that_a_peer_is_not_an_original()
    {
        var rsa = Rsa;
        var pinned = new PeerKeyPinned(rsa.Id, rsa, null, PeerVerification.FirstUse, Signed: false);
        var added = new PeerAdded(null, Typed(rsa.Id.Short.Value), null, null, "d", PeerVerification.FirstUse);
        Given(added, pinned).When(p => Peer.Offer(p, rsa, toOriginal: true)).Then(new PeeringOffered(rsa.Id, ToOriginal: true));
        Given(added, pinned, new PeeringOffered(rsa.Id, true)).When(p => Peer.SeeProtocol(p, rsa)).Then(new PeerProtocolSeen(rsa.Id));
        Given(added, pinned, new PeerProtocolSeen(rsa.Id), new PeeringOffered(rsa.Id, false)).When(p => Peer.Offer(p, rsa, toOriginal: true)).ThenNothing();
    }

    [Fact]
    public void Only_the_pinned_key_confirms()
    {
        Given(Added, Pinned).When(p => Peer.Confirm(p, AdaAgain)).Then(Confirmed);
        Given(Added, Pinned, Confirmed).When(p => Peer.Confirm(p, Ada)).ThenNothing();
        Given(Added, Pinned).When(p => Peer.Confirm(p, Own)).ThenNothing();
        Given(Added).When(p => Peer.Confirm(p, Ada)).ThenNothing();
        Given(Added, Pinned, new PeerBlocked(Ada.Id)).When(p => Peer.Confirm(p, Ada)).ThenNothing();
        Given(Added, Pinned, new PeerRemoved(Ada.Id)).When(p => Peer.Confirm(p, Ada)).ThenNothing();
    }

    [Fact]
    public void A_peering_that_was_never_mutual_is_not_withdrawn()
    {
        Given(Added, Pinned).When(p => Peer.Withdraw(p, Ada)).ThenNothing();
        Given(Added, Pinned, Confirmed).When(p => Peer.Withdraw(p, Ada)).Then(new PeeringWithdrawn(Ada.Id));
    }

    [Fact]
    public void Removing_keeps_the_pin_and_forgetting_drops_it()
    {
        Given(Added, Pinned).When(p => Peer.Remove(p, forget: false)).Then(new PeerRemoved(Ada.Id));
        Given(Added, Pinned).When(p => Peer.Remove(p, forget: true)).Then(new PeerRemoved(Ada.Id), new PeerIdentityForgotten(Ada.Id));
        Given(Added, Pinned, new PeerRemoved(Ada.Id)).When(p => Peer.Remove(p, forget: true)).Then(new PeerIdentityForgotten(Ada.Id));
        Given(Added, Pinned, new PeerRemoved(Ada.Id)).When(p => Peer.Remove(p, forget: false)).ThenRefused("peer_unknown");
        Given(Added, new PeerRemoved(null)).When(p => Peer.Remove(p, forget: true)).ThenRefused("peer_unknown");
        Assert.Equal(Ada, After(Added, Pinned, new PeerRemoved(Ada.Id))!.Key);
        Assert.Null(After(Added, Pinned, new PeerRemoved(Ada.Id), new PeerIdentityForgotten(Ada.Id)));
    }

    [Fact]
    public void Adding_again_starts_at_pending_with_the_old_pin()
    {
        var again = After(Added, Pinned, Confirmed, new PeerRemoved(Ada.Id), Added)!;
        Assert.Equal((PeerStatus.Pending, Ada), (again.Status, again.Key));
    }

    [Fact]
    public void A_stranger_can_be_blocked_and_the_block_outlives_its_pin()
    {
        Given().When(p => Peer.BlockStranger(p, Ada.Id)).Then(new PeerBlocked(Ada.Id));
        Given(new PeerBlocked(Ada.Id)).When(Peer.Unblock).Then(new PeerUnblocked(Ada.Id));
        Given().When(Peer.Block).ThenRefused("peer_unknown");
        Assert.True(After(Added, Pinned, new PeerBlocked(Ada.Id), new PeerRemoved(Ada.Id), new PeerIdentityForgotten(Ada.Id))!.Blocked);
    }

    [Fact]
    public void Every_event_can_be_folded()
    {
        var missing = typeof(PeerEvent).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(PeerEvent)))
            .Where(t => Record.Exception(() => Peer.Evolve(After(Added, Pinned),
                (PeerEvent)System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(t), At)) is System.Diagnostics.UnreachableException);
        Assert.Empty(missing);
    }

    private static PublicKey Rsa
    {
        get
        {
            using var rsa = System.Security.Cryptography.RSA.Create(2048);
            return PublicKey.Parse(rsa.ExportSubjectPublicKeyInfoPem() + "\n");
        }
    }

    private static IEnumerable<PeerEvent> NamesOf(DateOnly day, int count) =>
        Enumerable.Range(1, count).Select(n => new PeerNameClaimed(Ada.Id, $"Name {n}", day));

    private static IReadOnlyList<PeerEvent> Add(Peer? peer, string typed) =>
        Peer.Add(peer, Own.Id, Typed(typed), typed.Length == 103 ? PeerVerification.FullId : PeerVerification.FirstUse, null, null, "d");

    private static TypedPortalId Typed(string text) => TypedPortalId.Parse(text);

    private static char Other(char c) => c == 'a' ? 'b' : 'a';

    private static PublicKey Key(byte seed) => PublicKey.Ed25519(Enumerable.Repeat(seed, 32).ToArray());

    private static Peer? After(params PeerEvent[] past) => Fold.After<Peer, PeerEvent>(null, past, At);

    private static Scenario Given(params PeerEvent[] past) => new(After(past));

    private sealed record Scenario(Peer? Peer)
    {
        public Outcome When(Func<Peer?, IReadOnlyList<PeerEvent>> decide) => new(() => decide(Peer));
    }

    private sealed record Outcome(Func<IReadOnlyList<PeerEvent>> Decide)
    {
        public void Then(params PeerEvent[] expected) => Assert.Equal(expected, Decide());

        public void ThenNothing() => Assert.Empty(Decide());

        public void ThenRefused(string code) => Assert.Equal(code, Assert.Throws<RefusedException>(() => Decide()).Code);
    }
}
