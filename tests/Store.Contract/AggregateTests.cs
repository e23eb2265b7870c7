using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.ReadModels;
using PeerRegistry.Tests;

namespace PeerRegistry.Store.Contract;

public sealed class AggregateTests(TestPostgres postgres) : IAsyncLifetime
{
    private readonly PortalId portal = Given.Portal();
    private string database = "";
    private Node node = null!;

    public async ValueTask InitializeAsync() => node = await Node.Start(database = await postgres.CreateDatabase());

    public ValueTask DisposeAsync() => node.DisposeAsync();

    [Fact]
    public async Task An_aggregate_is_read_with_the_version_of_its_stream()
    {
        await Append(0, new Counted(3), new Counted(4));
        Assert.Equal((7, 2), await Read());
    }

    [Fact]
    public async Task What_exists_no_more_still_has_a_version()
    {
        await Append(0, new Counted(3), new Cleared());
        Assert.Equal((null, 2), await Read());
    }

    [Fact]
    public async Task What_never_was_has_the_version_0() => Assert.Equal((null, 0), await Read());

    [Fact]
    public async Task What_another_node_has_written_is_read()
    {
        await using var other = await Node.Start(database);
        await Append(0, new Counted(3));
        Assert.Equal((3, 1), await Read(other));
    }

    [Fact]
    public async Task Another_Portals_aggregate_is_another()
    {
        await node.Store.Append(Given.Counts(Given.Portal(), "tally-x", 0, 5), Given.Soon);
        Assert.Equal((null, 0), await Read());
    }

    [Fact]
    public async Task A_stream_that_no_read_model_holds_is_an_error() =>
        await Assert.ThrowsAsync<ArgumentException>(() => node.Get<IAggregates>().Read<Tally, TallyEvent>(portal, "unknown-x", Given.Soon));

    [Fact]
    public void Two_read_models_of_the_same_streams_are_refused()
    {
        var refused = Assert.Throws<InvalidOperationException>(() => ReadModel.Of([new TallyProjection(), new OtherTally()]));
        Assert.Contains("tally-", refused.Message, StringComparison.Ordinal);
    }

    private sealed class OtherTally() : Projection<Tally, TallyEvent>("other_tally_list/1", "tally-")
    {
        protected override PortalSnapshot Show(PortalSnapshot snapshot, string key, Tally? row) => snapshot;
    }

    private async Task Append(long version, params TallyEvent[] events) =>
        await node.Store.Append(new Changes(portal, Actor.System, [new("tally-x", version, events)]), Given.Soon);

    private async Task<(int? Sum, long Version)> Read(Node? by = null)
    {
        var (tally, version) = await (by ?? node).Get<IAggregates>().Read<Tally, TallyEvent>(portal, "tally-x", Given.Soon);
        return (tally?.Sum, version);
    }
}
