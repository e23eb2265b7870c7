using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Specs.Circles;

public sealed class CircleSpecs
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch.AddYears(50);
    private static readonly CircleId Family = Id(1);
    private static readonly CircleId Work = Id(2);

    [Fact]
    public void A_circle_is_created() => Assert.Equal([new CircleCreated(Family, "Family")], CircleList.Create(null, Family, "Family"));

    [Theory]
    [InlineData("family")]
    [InlineData("FAMILY")]
    [InlineData("Fámily")]
    public void A_name_that_is_taken_is_refused_in_any_case_and_with_any_accent(string name) =>
        Assert.Equal("circle_name_taken", Refused(() => CircleList.Create(Given(new CircleCreated(Family, "Family")), Work, name)));

    [Fact]
    public void The_name_of_a_removed_circle_is_free_again() => Assert.Equal([new CircleCreated(Work, "Family")],
        CircleList.Create(Given(new CircleCreated(Family, "Family"), new CircleRemoved(Family, "Family")), Work, "Family"));

    [Fact]
    public void There_are_at_most_a_hundred_circles()
    {
        var all = Given([.. Enumerable.Range(0, 100).Select(n => new CircleCreated(Id((byte)n), $"Circle {n}"))]);
        Assert.Equal("circle_limit", Refused(() => CircleList.Create(all, Id(200), "One more")));
        Assert.Single(CircleList.Create(Fold.After(all, [new CircleRemoved(Id(7), "Circle 7")], At), Id(200), "One more"));
    }

    [Fact]
    public void A_circle_is_renamed_once()
    {
        var circles = Given(new CircleCreated(Family, "Family"));
        Assert.Equal([new CircleRenamed(Family, "Home")], CircleList.Rename(circles, Family, "Home"));
        Assert.Empty(CircleList.Rename(circles, Family, "Family"));
    }

    [Fact]
    public void A_circle_may_change_the_case_of_its_own_name() =>
        Assert.Equal([new CircleRenamed(Family, "FAMILY")], CircleList.Rename(Given(new CircleCreated(Family, "Family")), Family, "FAMILY"));

    [Fact]
    public void A_name_is_not_taken_over_from_another_circle() => Assert.Equal("circle_name_taken",
        Refused(() => CircleList.Rename(Given(new CircleCreated(Family, "Family"), new CircleCreated(Work, "Work")), Work, "family")));

    [Fact]
    public void An_unknown_circle_is_neither_renamed_nor_removed()
    {
        var circles = Given(new CircleCreated(Family, "Family"));
        Assert.Equal("circle_unknown", Refused(() => CircleList.Rename(circles, Work, "Work")));
        Assert.Equal("circle_unknown", Refused(() => CircleList.Remove(circles, Work)));
        Assert.Equal("circle_unknown", Refused(() => CircleList.Remove(null, Work)));
    }

    [Fact]
    public void A_removed_circle_is_gone_and_the_others_stay() => Assert.Equal(
        [new Circle(Work, "Work", At)],
        Given(new CircleCreated(Family, "Family"), new CircleCreated(Work, "Work"), new CircleRemoved(Family, "Family"))!.All);

    [Theory]
    [InlineData("F", true)]
    [InlineData("", false)]
    [InlineData(" Family", false)]
    [InlineData("Fam\nily", false)]
    public void A_name_is_visible_and_on_one_line(string name, bool allowed) => Assert.Equal(allowed, CircleList.IsName(name));

    [Fact]
    public void A_name_has_at_most_sixty_characters()
    {
        Assert.True(CircleList.IsName(new string('a', 60)));
        Assert.False(CircleList.IsName(new string('a', 61)));
    }

    [Fact]
    public void A_set_has_each_circle_once_and_in_order()
    {
        var set = CircleSet.Of([Work, Family, Work]);
        Assert.Equal(new[] { Family, Work }.OrderBy(id => id.Value, StringComparer.Ordinal), set);
        Assert.Equal(CircleSet.Of([Family, Work]), set);
        Assert.NotEqual(CircleSet.Of([Family]), set);
        Assert.Equal(CircleSet.Of([Family]), set.Without(Work));
        Assert.Equal(set, CircleSet.Of([Family]).With(Work));
        Assert.Equal(CircleSet.Empty, CircleSet.Of([Family]).Without(Family));
    }

    [Fact]
    public void Two_sets_overlap_if_one_circle_is_in_both()
    {
        var many = CircleSet.Of(Enumerable.Range(1, 50).Select(n => Id((byte)n)));
        Assert.True(many.Overlaps(CircleSet.Of([Id(200), Id(50)])));
        Assert.True(CircleSet.Of([Id(200), Id(50)]).Overlaps(many));
        Assert.False(many.Overlaps(CircleSet.Of([Id(200), Id(0)])));
        Assert.False(many.Overlaps(CircleSet.Empty));
    }

    private static CircleId Id(byte n) => CircleId.Of([n, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

    private static CircleList? Given(params CircleEvent[] events) => Fold.After<CircleList, CircleEvent>(null, events, At);

    private static string Refused(Func<object> decision) => Assert.Throws<RefusedException>(decision).Code;
}
