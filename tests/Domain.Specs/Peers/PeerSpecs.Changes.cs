using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Specs.Peers;

/// <summary>Changes of a listed peer, and what remains of it after each event.</summary>
public sealed partial class PeerSpecs
{
    private static readonly PublicKey RsaKey = Rsa;

    private static PeerEvent Blocked => new PeerBlocked(Ada.Id);

    private static PeerEvent Removed => new PeerRemoved(Ada.Id);

    private static PeerEvent AddedRsa => new PeerAdded(null, Typed(RsaKey.Id.Short.Value), null, null, "d", PeerVerification.FirstUse);

    private static PeerEvent PinnedRsa => new PeerKeyPinned(RsaKey.Id, RsaKey, null, PeerVerification.FirstUse, Signed: false);

    [Fact]
    public void A_comparison_is_recorded_once_and_outlives_a_removal()
    {
        Given(Added, Pinned).When(p => Peer.Verify(p, Ada.Id)).Then(new PeerVerified(Ada.Id));
        Given(Added, Pinned, new PeerVerified(Ada.Id)).When(p => Peer.Verify(p, Ada.Id)).ThenNothing();
        Assert.Equal(PeerVerification.Compared, After(Added, Pinned, new PeerVerified(Ada.Id))!.Verified);
        Assert.Equal(PeerVerification.Compared, After(Added, Pinned, new PeerVerified(Ada.Id), new PeerRemoved(Ada.Id), Added)!.Verified);
    }

    [Fact]
    public void A_comparison_of_another_key_or_before_first_contact_is_refused()
    {
        Given(Added, Pinned).When(p => Peer.Verify(p, Own.Id)).ThenRefused("key_mismatch");
        Given(Added).When(p => Peer.Verify(p, Ada.Id)).ThenRefused("key_mismatch");
        Given().When(p => Peer.Verify(p, Ada.Id)).ThenRefused("peer_unknown");
        Given(Added, Pinned, new PeerRemoved(Ada.Id)).When(p => Peer.Verify(p, Ada.Id)).ThenRefused("peer_unknown");
    }

    [Fact]
    public void A_comparison_is_undone_when_the_identity_is_forgotten() => Assert.Equal(
        PeerVerification.FirstUse,
        After(Added, Pinned, new PeerVerified(Ada.Id), new PeerRemoved(Ada.Id), new PeerIdentityForgotten(Ada.Id), Added, Pinned)!.Verified);

    [Fact]
    public void A_new_petname_is_recorded() =>
        Given(Added, Pinned).When(p => Peer.Rename(p, "Neighbour")).Then(new PeerRenamed(Ada.Id, "Neighbour"));

    [Fact]
    public void The_same_petname_again_records_nothing() =>
        Given(Added, new PeerRenamed(null, "Neighbour")).When(p => Peer.Rename(p, "Neighbour")).ThenNothing();

    [Fact]
    public void A_removed_peer_cannot_be_renamed() =>
        Given(Added, Pinned, Removed).When(p => Peer.Rename(p, "Neighbour")).ThenRefused("peer_unknown");

    [Fact]
    public void The_circles_of_a_peer_are_recorded_once()
    {
        var family = CircleSet.Of([CircleId.Of(new byte[10])]);
        Given(Added, Pinned).When(p => Peer.SetCircles(p, family)).Then(new PeerCirclesSet(Ada.Id, family));
        Given(Added, Pinned, new PeerCirclesSet(Ada.Id, family)).When(p => Peer.SetCircles(p, family)).ThenNothing();
        Given(Added, Pinned, Removed).When(p => Peer.SetCircles(p, family)).ThenRefused("peer_unknown");
    }

    [Fact]
    public void A_removed_peer_keeps_its_circles_and_a_forgotten_one_leaves_them()
    {
        var family = CircleSet.Of([CircleId.Of(new byte[10])]);
        PeerEvent[] added = [Added, Pinned, new PeerCirclesSet(Ada.Id, family), Removed];
        Assert.Equal(family, Fold.After<Peer, PeerEvent>(null, [.. added, Added], At)!.Circles);
        Assert.Equal(CircleSet.Empty, Fold.After<Peer, PeerEvent>(null, [.. added, new PeerIdentityForgotten(Ada.Id), Added], At)!.Circles);
    }

    [Fact]
    public void A_new_address_is_recorded() =>
        Given(Added).When(p => Peer.ChangeAddress(p, "ada.example", "ada.example")).Then(new PeerAddressChanged(null, "ada.example", "ada.example"));

    [Fact]
    public void The_same_address_again_records_nothing() =>
        Given(Added, new PeerAddressChanged(null, "ada.example", "ada.example")).When(p => Peer.ChangeAddress(p, "ada.example", "ada.example")).ThenNothing();

    [Fact]
    public void Another_domain_without_an_address_is_recorded() =>
        Given(Added).When(p => Peer.ChangeAddress(p, null, "elsewhere.zone")).Then(new PeerAddressChanged(null, null, "elsewhere.zone"));

    [Fact]
    public void The_present_domain_as_an_address_records_nothing() =>
        Given(Added).When(p => Peer.ChangeAddress(p, p!.Domain, p.Domain)).ThenNothing();

    [Fact]
    public void A_peer_moves_when_its_pinned_key_is_met_at_another_address() =>
        Given(Added, Pinned).When(p => Peer.Move(p, Ada, "a.b.example", "a.b.example", Today)).Then(new PeerMoved(Ada.Id, "a.b.example", "a.b.example", Today));

    [Fact]
    public void Another_key_moves_nobody() => Given(Added, Pinned).When(p => Peer.Move(p, Own, "a.b.example", "a.b.example", Today)).ThenNothing();

    [Fact]
    public void A_peer_that_was_never_met_or_was_removed_is_not_moved()
    {
        Given(Added).When(p => Peer.Move(p, Ada, "a.b.example", "a.b.example", Today)).ThenNothing();
        Given(Added, Pinned, Removed).When(p => Peer.Move(p, Ada, "a.b.example", "a.b.example", Today)).ThenNothing();
    }

    [Fact]
    public void A_peer_moves_at_most_ten_times_a_day()
    {
        var moves = Enumerable.Range(1, 10).Select(n => new PeerMoved(Ada.Id, $"a{n}", $"a{n}", Today));
        Given([Added, Pinned, .. moves]).When(p => Peer.Move(p, Ada, "b", "b", Today)).ThenNothing();
        Given([Added, Pinned, .. moves]).When(p => Peer.Move(p, Ada, "b", "b", Today.AddDays(1))).Then(new PeerMoved(Ada.Id, "b", "b", Today.AddDays(1)));
    }

    [Fact]
    public void A_peer_that_uses_an_invite_is_pinned_by_its_signed_notice() =>
        Given(Added).When(p => Peer.Welcome(p, Ada, "Ada")).Then(Pinned);

    [Fact]
    public void A_pinned_peer_that_uses_an_invite_is_not_pinned_again() =>
        Given(Added, Pinned).When(p => Peer.Welcome(p, Ada, "Ada")).ThenNothing();

    [Fact]
    public void A_peer_that_is_not_listed_is_not_pinned_by_an_invite() =>
        Given().When(p => Peer.Welcome(p, Ada, "Ada")).ThenNothing();

    [Fact]
    public void The_first_signed_answer_shows_our_protocol() =>
        Given(AddedRsa, PinnedRsa).When(p => Peer.Met(p, RsaKey, null, signed: true, Today)).Then(new PeerProtocolSeen(RsaKey.Id));

    [Fact]
    public void Our_protocol_is_recorded_once() =>
        Given(Added, Pinned).When(p => Peer.SeeProtocol(p, Ada)).ThenNothing();

    [Fact]
    public void Another_key_does_not_show_our_protocol() =>
        Given(AddedRsa, PinnedRsa).When(p => Peer.SeeProtocol(p, Ada)).ThenNothing();

    [Fact]
    public void A_peer_that_shows_our_protocol_is_no_longer_an_original() =>
        Assert.False(After(AddedRsa, PinnedRsa, new PeeringOffered(RsaKey.Id, ToOriginal: true), new PeerProtocolSeen(RsaKey.Id))!.Original);

    [Fact]
    public void The_name_that_a_blocked_peer_claims_is_not_recorded() =>
        Given(Added, Pinned, Blocked).When(p => Peer.ClaimName(p, Ada, "Another", Today)).ThenNothing();

    [Fact]
    public void Names_of_another_day_do_not_count() =>
        Given([Added, Pinned, .. NamesOf(Today.AddDays(-1), 10), .. NamesOf(Today, 1)]).When(p => Peer.ClaimName(p, Ada, "Another", Today))
            .Then(new PeerNameClaimed(Ada.Id, "Another", Today));

    [Fact]
    public void Refused_keys_of_another_day_do_not_count()
    {
        var yesterday = Enumerable.Range(10, 9).Select(n => new PeerIdentityRefused(Ada.Id, Key((byte)n).Id, Today.AddDays(-1)));
        Given([Added, Pinned, .. yesterday, new PeerIdentityRefused(Ada.Id, Key(30).Id, Today)]).When(p => Peer.Met(p, Own, null, signed: true, Today))
            .Then(new PeerIdentityRefused(Ada.Id, Own.Id, Today));
    }

    [Fact]
    public void An_offer_is_recorded_once() =>
        Given(Added, Pinned, new PeeringOffered(Ada.Id, ToOriginal: false)).When(p => Peer.Offer(p, Ada, toOriginal: false)).ThenNothing();

    [Fact]
    public void A_peer_with_an_Ed25519_key_is_never_taken_for_an_original() =>
        Given(Added, Pinned).When(p => Peer.Offer(p, Ada, toOriginal: true)).Then(new PeeringOffered(Ada.Id, ToOriginal: false));

    [Fact]
    public void An_offer_that_an_RSA_peer_understood_is_not_recorded_as_to_an_original() =>
        Given(AddedRsa, PinnedRsa).When(p => Peer.Offer(p, RsaKey, toOriginal: false)).Then(new PeeringOffered(RsaKey.Id, ToOriginal: false));

    [Fact]
    public void An_offered_peer_that_turns_out_to_be_an_original_is_recorded() =>
        Given(AddedRsa, PinnedRsa, new PeeringOffered(RsaKey.Id, ToOriginal: false)).When(p => Peer.Offer(p, RsaKey, toOriginal: true))
            .Then(new PeeringOffered(RsaKey.Id, ToOriginal: true));

    [Fact]
    public void A_peer_that_is_not_blocked_is_not_unblocked() => Given(Added, Pinned).When(Peer.Unblock).ThenNothing();

    [Fact]
    public void An_unblocked_peer_is_listed_as_before() =>
        Assert.Equal(After(Added, Pinned), After(Added, Pinned, Blocked, new PeerUnblocked(Ada.Id)));

    [Fact]
    public void An_unblocked_stranger_leaves_nothing() =>
        Assert.Null(After(Blocked, new PeerUnblocked(Ada.Id)));

    [Fact]
    public void A_peer_that_was_removed_before_first_contact_leaves_nothing() =>
        Assert.Null(After(Added, new PeerRemoved(null)));

    [Fact]
    public void A_blocked_peer_that_is_removed_before_first_contact_stays_blocked() =>
        Assert.True(After(Added, new PeerBlocked(null), new PeerRemoved(null))!.Blocked);

    [Fact]
    public void A_forgotten_peer_that_is_blocked_is_still_known_by_its_ID() =>
        Assert.Equal(Ada.Id, After(Added, Pinned, Blocked, Removed, new PeerIdentityForgotten(Ada.Id))!.Id);

    [Fact]
    public void A_removed_peer_is_no_longer_offered() =>
        Assert.False(After(Added, Pinned, new PeeringOffered(Ada.Id, ToOriginal: false), Removed)!.Offered);

    [Fact]
    public void A_peer_that_is_added_again_keeps_how_its_key_was_verified() =>
        Assert.Equal(PeerVerification.FirstUse,
            After(Added, Pinned, Removed, new PeerAdded(Ada.Id, Typed(Ada.Id.Value), null, null, "d", PeerVerification.FullId))!.Verification);

    [Fact]
    public void A_peer_that_is_added_with_its_full_ID_is_known_by_it() =>
        Assert.Equal(Ada.Id, After(new PeerAdded(Ada.Id, Typed(Ada.Id.Value), null, null, "d", PeerVerification.FullId))!.Id);

    [Fact]
    public void A_blocked_stranger_that_is_added_by_six_characters_keeps_its_ID() =>
        Assert.Equal(Ada.Id, After(Blocked, Added)!.Id);

    [Fact]
    public void A_new_contact_is_pending_and_not_verified_yet()
    {
        var added = After(Added)!;
        Assert.Equal((PeerStatus.Pending, null, At), (added.Status, added.Verified, added.AddedAt));
    }

    [Fact]
    public void A_contact_is_verified_once_its_key_is_pinned()
    {
        var pinned = After(Added, Pinned)!;
        Assert.Equal((PeerVerification.FirstUse, At), (pinned.Verified, pinned.PinnedAt));
    }

    [Fact]
    public void A_confirmed_peer_is_mutual_since_then()
    {
        var mutual = After(Added, Pinned, Confirmed)!;
        Assert.Equal((true, At), (mutual.IsMutual, mutual.ConfirmedAt));
    }

    [Fact]
    public void A_blocked_peer_is_not_mutual() => Assert.False(After(Added, Pinned, Confirmed, Blocked)!.IsMutual);

    [Fact]
    public void A_removed_peer_was_never_confirmed() => Assert.Null(After(Added, Pinned, Confirmed, Removed)!.ConfirmedAt);

    [Fact]
    public void An_original_is_called_before_it_has_confirmed() =>
        Assert.True(After(AddedRsa, PinnedRsa, new PeeringOffered(RsaKey.Id, ToOriginal: true))!.MayBeCalled);

    [Fact]
    public void Any_other_peer_is_called_once_it_has_confirmed() =>
        Assert.Equal((false, true), (After(Added, Pinned)!.MayBeCalled, After(Added, Pinned, Confirmed)!.MayBeCalled));

    [Fact]
    public void A_stranger_that_is_blocked_is_known_by_its_whole_ID() => Assert.Equal(TypedPortalId.Of(Ada.Id), After(Blocked)!.Typed);

    [Fact]
    public void The_owners_name_for_a_peer_goes_before_its_own() =>
        Assert.Equal(("Ada", "Neighbour"), (After(Added, Pinned)!.Name, After(Added, Pinned, new PeerRenamed(Ada.Id, "Neighbour"))!.Name));

    [Fact]
    public void A_note_is_recorded_without_what_cannot_be_shown() =>
        Given(Added).When(p => Peer.TakeNote(p, " lends\r\nbooks\u0007 ")).Then(new PeerNoted(null, "lends\nbooks"));

    [Fact]
    public void The_same_note_again_records_nothing() =>
        Given(Added, new PeerNoted(null, "lends books")).When(p => Peer.TakeNote(p, "lends books ")).ThenNothing();

    [Fact]
    public void A_blank_note_deletes_the_note() =>
        Given(Added, Pinned, new PeerNoted(Ada.Id, "lends books")).When(p => Peer.TakeNote(p, " \n ")).Then(new PeerNoted(Ada.Id, null));

    [Fact]
    public void A_note_of_more_than_a_thousand_characters_is_refused()
    {
        Given(Added).When(p => Peer.TakeNote(p, new string('a', 1000))).Then(new PeerNoted(null, new string('a', 1000)));
        Given(Added).When(p => Peer.TakeNote(p, new string('a', 1001))).ThenRefused("note_invalid");
    }

    [Fact]
    public void A_note_is_kept_while_the_peer_is_out_of_the_list_and_goes_with_its_identity()
    {
        var removed = new PeerEvent[] { Added, Pinned, new PeerNoted(Ada.Id, "lends books"), Removed };
        Given(removed).When(p => Peer.TakeNote(p, "another")).ThenRefused("peer_unknown");
        Assert.Equal("lends books", After([.. removed, Added])!.Note);
        Assert.Null(After([.. removed, new PeerIdentityForgotten(Ada.Id), Added])!.Note);
    }

    [Fact]
    public void A_peer_without_a_name_is_called_by_its_short_ID() => Assert.Equal(Ada.Id.Short.Value, After(Added)!.Name);
}
