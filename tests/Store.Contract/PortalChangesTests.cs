using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Infrastructure.Snapshots;
using PeerRegistry.Tests;

namespace PeerRegistry.Store.Contract;

/// <summary>What open pages are told, on the node that writes and on another one.</summary>
public sealed class PortalChangesTests(TestPostgres postgres) : IAsyncLifetime
{
    private readonly PortalId a = Given.Portal();
    private readonly PortalId b = Given.Portal();
    private Node node = null!;
    private Node other = null!;

    public async ValueTask InitializeAsync()
    {
        var database = await postgres.CreateDatabase();
        (node, other) = (await Node.Start(database), await Node.Start(database));
        foreach (var portal in new[] { a, b })
            await node.Store.Append(new Changes(portal, Actor.System, [new("portal", 0, [new PortalCreated(portal, Given.Key(), "example.org", "before")])]), Given.Soon);
        await Given.Eventually(() => other.Snapshots.Find(b) is not null, "the other node shows both");
    }

    public async ValueTask DisposeAsync()
    {
        await other.DisposeAsync();
        await node.DisposeAsync();
    }

    [Fact]
    public async Task An_event_is_reported_on_every_node_when_its_snapshot_shows_it()
    {
        foreach (var one in new[] { node, other })
        {
            var (changes, version) = (one.Get<PortalChanges>(), one == node ? 1 : 2);
            var shown = Shown(one, $"name {version}");
            await node.Store.Append(new Changes(a, Actor.System, [new("portal", version, [new ProfileChanged(a, $"name {version}", null, null, false)])]), Given.Soon);
            await shown.WaitAsync(TimeSpan.FromSeconds(10), Given.Soon);
        }
    }

    [Fact]
    public async Task A_changed_row_is_reported_on_every_node_and_to_its_own_Portal_alone()
    {
        await Given.Eventually(async () => await Quiet(other.Get<PortalChanges>()), "the creation is reported");
        var (changes, neighbour) = (other.Get<PortalChanges>(), other.Get<PortalChanges>().Mark(b));
        var next = changes.Next(a, changes.Mark(a), Given.Soon);
        node.Get<PortalChanges>().Changed(a);
        await next.WaitAsync(TimeSpan.FromSeconds(10), Given.Soon);
        Assert.Equal(neighbour, changes.Mark(b));
    }

    private async Task<bool> Quiet(PortalChanges changes)
    {
        var before = changes.Mark(a) + changes.Mark(b);
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, Given.Soon);
        return before == changes.Mark(a) + changes.Mark(b);
    }

    /// <summary>Looks at the snapshot after a change and never otherwise, as an open page does.</summary>
    private async Task Shown(Node one, string name)
    {
        var (changes, mark) = (one.Get<PortalChanges>(), "");
        while (one.Snapshots.Find(a)!.Portal.Name != name)
            mark = await changes.Next(a, mark, Given.Soon);
    }
}
