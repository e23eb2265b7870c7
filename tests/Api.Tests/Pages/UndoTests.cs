using Microsoft.Playwright;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Pages;

/// <summary>Notices say what was done and take it back.</summary>
[Collection(nameof(Browsing))]
public sealed class UndoTests(Browsing browsing) : BrowserTests(browsing)
{
    [Theory, InlineData(true), InlineData(false)]
    public async Task An_ignored_request_comes_back_from_its_notice_or_from_the_list(bool scripts)
    {
        var a = await Browsing.Move("Ada");
        using var stranger = Stranger.Appear();
        await a.Send(stranger.Notice(a, 1));
        var ada = await Browsing.Owner(a, scripts);
        await ada.Open(a, "/inbox");
        await ada.Press("Ignore");
        await ada.GetByText("Nobody is waiting").WaitForAsync();
        await ada.Press("Undo");
        await ada.GetByText("Undone.").WaitForAsync();
        await ada.Press("Ignore");
        await ada.GetByText("Ignored requests (1)").ClickAsync();
        await ada.Press("Put the request of Stranger back");
        await ada.GetByText("Back in the inbox.").WaitForAsync();

        await ada.Press("Ignore");
        await ada.GetByText("Ignored requests (1)").ClickAsync();
        await ada.Press("Block Stranger");
        await ada.GetByText("Blocked.", new() { Exact = false }).First.WaitForAsync();
        Assert.Equal(0, await ada.GetByText("Ignored requests").CountAsync());
        Assert.True(a.Snapshot.Peers[stranger.Key.Id.Short].Blocked);
        Assert.Empty(Browsing.Complaints());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_removed_peer_is_refused_at_once_and_comes_back_with_all_that_it_had(bool scripts)
    {
        var (a, b) = (await Browsing.Move("Ada"), await Browsing.Move("Bo"));
        await a.Send(new RegisterApp(a.Id, "postcards", System.Text.Encoding.UTF8.GetBytes(EveryPage.Words.AppNamed("Postcards"))));
        await a.Add(b);
        await b.Add(a);
        await Eventually.Mutual(a, b);
        var id = TypedPortalId.Of(b.Id);
        await a.Send(new RenamePeer(a.Id, id, "Bo from the allotment"));
        await a.Send(new SetVisibility(a.Id, "postcards", VisibilityMode.Some, [id]));
        var before = a.Snapshot.Peers[b.Id.Short];
        var ada = await Browsing.Owner(a, scripts);

        await ada.Open(a, $"/peers/{b.Id.Short}");
        await ada.Follow("Remove");
        await ada.Press("Remove");
        await ada.GetByText("Removed. Their calls are refused from now on.").WaitForAsync();
        Assert.False(a.Snapshot.Peers[b.Id.Short].IsMutual);

        await ada.Press("Undo");
        await ada.GetByText("Added again").WaitForAsync();
        var after = a.Snapshot.Peers[b.Id.Short];
        Assert.Equal((before.Key, before.Petname, before.Verified, before.Address), (after.Key, after.Petname, after.Verified, after.Address));
        Assert.True(a.Snapshot.Apps["postcards"].Shows(after));
        await Eventually.Mutual(a, b);
        Assert.Empty(Browsing.Complaints());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_new_name_is_taken_back_for_a_minute(bool scripts)
    {
        var a = await Browsing.Move("Ada");
        using var stranger = Stranger.Appear();
        await a.Add(stranger.Key.Id);
        await a.Send(new RenamePeer(a.Id, TypedPortalId.Of(stranger.Key.Id), "Before"));
        var ada = await Browsing.Owner(a, scripts);
        await ada.Open(a, $"/peers/{stranger.Key.Id.Short}");
        await Rename(ada, "After");
        await ada.Press("Undo");
        await ada.GetByRole(AriaRole.Heading, new() { Name = "Before", Level = 1 }).WaitForAsync();

        await Rename(ada, "After");
        a.Zone.Clock.Advance(TimeSpan.FromSeconds(61));
        await ada.Press("Undo");
        await ada.GetByText("This can no longer be undone").WaitForAsync();
        Assert.Equal("After", a.Snapshot.Peers[stranger.Key.Id.Short].Petname);

        await ada.Open(a, "/devices");
        var device = a.Snapshot.Devices.Values.Single();
        await ada.GetByRole(AriaRole.Link, new() { Name = $"Rename {device.Name}" }).ClickAsync();
        await ada.Fill("Name", "Old telephone");
        await ada.Press("Rename");
        await ada.Press("Undo");
        await ada.GetByText("Undone.").WaitForAsync();
        Assert.Equal(device.Name, a.Snapshot.Devices.Values.Single().Name);
        Assert.Empty(Browsing.Complaints());
    }

    [Fact]
    public async Task An_offer_that_another_Portal_has_sealed_or_nobody_undoes_nothing()
    {
        var (a, b) = (await Browsing.Move("Ada"), await Browsing.Move("Bo"));
        using var stranger = Stranger.Appear();
        await b.Send(stranger.Notice(b, 1));
        await a.Send(stranger.Notice(a, 1));
        var (ada, bo) = (await Browsing.Owner(a, scripts: false), await Browsing.Owner(b, scripts: false));
        await bo.Open(b, "/inbox");
        await bo.Press("Ignore");
        var sealedByBo = new Uri(bo.Url).Query;
        await a.Send(new IgnoreOffer(a.Id, stranger.Key.Id));
        foreach (var query in new[] { sealedByBo, "?done=request-ignored&undo=nothing" })
        {
            await ada.Open(a, "/inbox" + query);
            await ada.Press("Undo");
            await ada.GetByText("This can no longer be undone").WaitForAsync();
        }

        Assert.Empty(await a.Send(new ListPeeringRequests(a.Id, null, 10)));
    }

    private static async Task Rename(IPage page, string name)
    {
        await page.Fill("Your name for them", name);
        await page.Press("Save");
        await page.GetByText("Renamed.").WaitForAsync();
    }
}
