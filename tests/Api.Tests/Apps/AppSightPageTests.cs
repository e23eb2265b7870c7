using Microsoft.Playwright;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Pages;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Circles;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Apps;

/// <summary>Which peers an app sees, chosen in a browser, with and without scripts.</summary>
[Collection(nameof(Browsing))]
public sealed class AppSightPageTests(Browsing browsing) : BrowserTests(browsing)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_is_left_out_is_chosen_by_name_and_by_circle_and_no_tick_is_lost(bool scripts)
    {
        var portal = await Browsing.Move("Ada");
        for (var n = 0; n < 60; n++)
            await portal.Send(new AddPeer(portal.Id, TypedPortalId.Of(NewId()), new($"Peer {n:00}"), default));
        var circle = await portal.Send(new CreateCircle(portal.Id, "Work"));
        await portal.Send(new RegisterApp(portal.Id, "postcards", System.Text.Encoding.UTF8.GetBytes(EveryPage.Words.AppNamed("Postcards"))));

        var owner = await Browsing.Owner(portal, scripts);
        await owner.Open(portal, "/apps/postcards");
        await owner.GetByText("Nothing accepts connections at postcards:80").WaitForAsync();
        await owner.GetByLabel("All peers except those chosen below").CheckAsync();
        await owner.GetByLabel("Work").CheckAsync();
        await owner.GetByLabel("Peer 04").CheckAsync();
        await owner.Fill("Find peers", "peer 58");
        await owner.Press("Find");
        Assert.True(await owner.GetByLabel("All peers except those chosen below").IsCheckedAsync());
        await owner.GetByLabel("Peer 58").CheckAsync();
        await owner.Press("Save");
        await owner.GetByText("Changed. It applies from the next request on.").WaitForAsync();

        var seen = portal.Snapshot.Apps["postcards"].Visibility;
        Assert.Equal((VisibilityMode.AllExcept, true, 2), (seen.Mode, seen.Circles.Contains(circle), seen.Peers.Count));
        Assert.Empty(Browsing.Complaints());
    }

    [Fact]
    public async Task A_peers_page_has_a_switch_for_each_app_and_says_why_it_is_seen()
    {
        var portal = await Browsing.Move("Ada");
        var id = NewId();
        await portal.Send(new AddPeer(portal.Id, TypedPortalId.Of(id), new("Grandmother"), default));
        await portal.Send(new RegisterApp(portal.Id, "postcards", System.Text.Encoding.UTF8.GetBytes(EveryPage.Words.AppNamed("Postcards"))));
        var owner = await Browsing.Owner(portal, scripts: false);
        var page = $"/peers/{id.Short}";
        await owner.Open(portal, page);
        await owner.GetByText("Does not see them, as it sees no peer.").WaitForAsync();
        await owner.GetByRole(AriaRole.Switch, new() { Name = "Postcards sees Grandmother" }).ClickAsync();
        await owner.GetByText("Sees them. You chose them.").WaitForAsync();
        Assert.Equal([id], portal.Snapshot.Apps["postcards"].Visibility.Peers);
        await owner.Press("Undo");
        await owner.GetByText("Undone.").WaitForAsync();
        Assert.Empty(portal.Snapshot.Apps["postcards"].Visibility.Peers);
        await owner.GetByRole(AriaRole.Switch, new() { Name = "Postcards sees Grandmother" }).ClickAsync();
        await owner.GetByText("Sees them. You chose them.").WaitForAsync();

        var circle = await portal.Send(new CreateCircle(portal.Id, "Family"));
        await portal.Send(new SetPeerCircles(portal.Id, TypedPortalId.Of(id), [circle]));
        await portal.Send(new SetVisibility(portal.Id, "postcards", VisibilityMode.Some, []) { Circles = [circle] });
        await owner.Open(portal, page);
        await owner.GetByText("Sees them, because they are in the circle Family.").WaitForAsync();
        Assert.Equal(0, await owner.GetByRole(AriaRole.Switch).CountAsync());

        await portal.Send(new BlockPeer(portal.Id, TypedPortalId.Of(id)));
        await owner.Open(portal, page);
        await owner.GetByText("You have blocked this peer, so no app sees it.").WaitForAsync();
    }

    [Fact]
    public async Task An_app_may_read_what_the_owner_allows_on_its_page()
    {
        var portal = await Browsing.Move("Ada");
        await portal.Send(new RegisterApp(portal.Id, "postcards", System.Text.Encoding.UTF8.GetBytes(EveryPage.Words.AppNamed("Postcards"))));
        var owner = await Browsing.Owner(portal, scripts: false);
        await owner.Open(portal, "/home");
        await owner.GetByText("Apps ask for your permission").WaitForAsync();
        await owner.Locator(".tags").GetByText("Postcards").ClickAsync();
        await owner.Press("Allow: your name and picture");
        await owner.GetByText("You allow it.").WaitForAsync();
        await owner.Press("Do not allow: the names of your devices, and when each was last used");
        await owner.GetByText("You do not allow it.").WaitForAsync();
        Assert.Equal([AppPermission.Profile], portal.Snapshot.Apps["postcards"].Granted);
        await owner.Open(portal, "/home");
        Assert.Equal(0, await owner.GetByText("Apps ask for your permission").CountAsync());
    }

    private static PortalId NewId() => PublicKey.Ed25519(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)).Id;
}
