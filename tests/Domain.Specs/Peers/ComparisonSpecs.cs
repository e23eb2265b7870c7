using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Specs.Peers;

public sealed class ComparisonSpecs
{
    private static readonly PortalId[] Ids = [.. Enumerable.Range(1, 40).Select(n => PublicKey.Ed25519([.. Enumerable.Repeat((byte)n, 32)]).Id)];

    [Fact]
    public void Both_sides_compare_the_same_twelve_groups_of_four_digits()
    {
        Assert.Equal(Comparison.Of(Ids[0], Ids[1]), Comparison.Of(Ids[1], Ids[0]));
        Assert.Equal(Comparison.Groups, Comparison.Of(Ids[0], Ids[1]).Count);
        Assert.All(Comparison.Of(Ids[0], Ids[1]), group => Assert.Matches("^[0-9]{4}$", group));
    }

    [Fact]
    public void Another_key_on_either_side_changes_every_comparison() =>
        Assert.Equal(40 * 39 / 2, Ids.SelectMany((one, i) => Ids.Skip(i + 1).Select(other => string.Join(' ', Comparison.Of(one, other)))).Distinct().Count());

    [Fact]
    public void Every_group_depends_on_both_IDs()
    {
        var (before, after) = (Comparison.Of(Ids[0], Ids[1]), Comparison.Of(Ids[0], Ids[2]));
        Assert.All(before.Zip(after), groups => Assert.NotEqual(groups.First, groups.Second));
    }
}
