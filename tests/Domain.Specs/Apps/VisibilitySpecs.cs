using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Specs.Apps;

public sealed class VisibilitySpecs
{
    private static readonly PortalId Ada = Id(1);
    private static readonly PortalId Bob = Id(2);
    private static readonly CircleId Family = Circle(1);
    private static readonly CircleId Work = Circle(2);

    [Fact]
    public void Some_shows_those_and_no_others()
    {
        var some = Visibility.Some([Ada]);
        Assert.True(some.Shows(Ada, CircleSet.Empty));
        Assert.False(some.Shows(Bob, CircleSet.Empty));
        Assert.False(some.Shows(null, CircleSet.Empty));
    }

    [Fact]
    public void All_shows_everybody_and_none_nobody()
    {
        Assert.True(Visibility.All.Shows(Bob, CircleSet.Empty));
        Assert.True(Visibility.All.Shows(null, CircleSet.Empty));
        Assert.False(Visibility.None.Shows(Bob, Of(Family)));
    }

    [Fact]
    public void A_circle_shows_the_peers_in_it()
    {
        var family = Visibility.Some([Ada], Of(Family));
        Assert.True(family.Shows(Bob, Of(Family, Work)));
        Assert.False(family.Shows(Bob, Of(Work)));
        Assert.True(family.Shows(Ada, CircleSet.Empty));
    }

    [Fact]
    public void All_except_shows_everybody_but_those_that_are_named_or_in_a_named_circle()
    {
        var except = Visibility.AllExcept([Ada], Of(Family));
        Assert.False(except.Shows(Ada, CircleSet.Empty));
        Assert.False(except.Shows(Bob, Of(Family)));
        Assert.True(except.Shows(Bob, Of(Work)));
    }

    [Fact]
    public void A_peer_whose_ID_is_not_known_is_not_seen_while_it_may_be_one_that_is_left_out()
    {
        Assert.False(Visibility.AllExcept([Ada]).Shows(null, CircleSet.Empty));
        Assert.True(Visibility.AllExcept([], Of(Family)).Shows(null, Of(Work)));
        Assert.False(Visibility.AllExcept([], Of(Family)).Shows(null, Of(Family)));
    }

    [Fact]
    public void Removing_a_circle_shows_an_app_nobody_that_it_did_not_see()
    {
        Assert.Equal(Visibility.Some([Ada], Of(Work)), Visibility.Some([Ada], Of(Family, Work)).Without(Family, [Bob]));
        Assert.Equal(Visibility.AllExcept([Ada, Bob], Of(Work)), Visibility.AllExcept([Ada], Of(Family, Work)).Without(Family, [Bob]));
        Assert.Equal(Visibility.AllExcept([Ada], Of(Work)), Visibility.AllExcept([Ada], Of(Work)).Without(Family, [Bob]));
        Assert.Equal(Visibility.All, Visibility.All.Without(Family, [Bob]));
    }

    [Fact]
    public void One_peer_is_shown_or_hidden_and_all_others_stay_as_they_were()
    {
        Assert.Equal(Visibility.Some([Ada]), Visibility.None.With(Ada, CircleSet.Empty, shown: true));
        Assert.Equal(Visibility.AllExcept([Ada]), Visibility.All.With(Ada, CircleSet.Empty, shown: false));
        Assert.Equal(Visibility.Some([Ada, Bob], Of(Work)), Visibility.Some([Bob], Of(Work)).With(Ada, Of(Family), shown: true));
        Assert.Equal(Visibility.Some([Bob]), Visibility.Some([Ada, Bob]).With(Ada, CircleSet.Empty, shown: false));
        Assert.Equal(Visibility.AllExcept([Ada, Bob]), Visibility.AllExcept([Bob]).With(Ada, CircleSet.Empty, shown: false));
        Assert.Equal(Visibility.AllExcept([Bob]), Visibility.AllExcept([Ada, Bob]).With(Ada, CircleSet.Empty, shown: true));
    }

    [Fact]
    public void What_is_so_already_stays_as_it_is()
    {
        Assert.Equal(Visibility.All, Visibility.All.With(Ada, CircleSet.Empty, shown: true));
        Assert.Equal(Visibility.None, Visibility.None.With(Ada, CircleSet.Empty, shown: false));
        Assert.Equal(Visibility.Some([], Of(Family)), Visibility.Some([], Of(Family)).With(Ada, Of(Family), shown: true));
    }

    [Fact]
    public void Where_a_circle_decides_naming_a_peer_changes_nothing()
    {
        Assert.Null(Visibility.Some([], Of(Family)).With(Ada, Of(Family), shown: false));
        Assert.Null(Visibility.AllExcept([], Of(Family)).With(Ada, Of(Family), shown: true));
    }

    [Fact]
    public void A_forgotten_peer_is_no_longer_chosen() =>
        Assert.Equal(Visibility.Some([Bob], Of(Family)), Visibility.Some([Ada, Bob], Of(Family)).Forget(Ada, Of(Family)));

    [Fact]
    public void A_forgotten_peer_stays_left_out()
    {
        Assert.Equal(Visibility.AllExcept([Ada]), Visibility.AllExcept([Ada]).Forget(Ada, CircleSet.Empty));
        Assert.Equal(Visibility.AllExcept([Ada], Of(Family)), Visibility.AllExcept([], Of(Family)).Forget(Ada, Of(Family)));
        Assert.Equal(Visibility.AllExcept([], Of(Family)), Visibility.AllExcept([], Of(Family)).Forget(Ada, Of(Work)));
    }

    [Fact]
    public void A_different_circle_is_a_different_choice()
    {
        Assert.NotEqual(Visibility.Some([Ada], Of(Family)), Visibility.Some([Ada], Of(Work)));
        Assert.NotEqual(Visibility.Some([Ada]), Visibility.AllExcept([Ada]));
    }

    private static CircleSet Of(params CircleId[] circles) => CircleSet.Of(circles);

    private static PortalId Id(byte n) => PublicKey.Ed25519(Enumerable.Repeat(n, 32).ToArray()).Id;

    private static CircleId Circle(byte n) => CircleId.Of([n, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
}
