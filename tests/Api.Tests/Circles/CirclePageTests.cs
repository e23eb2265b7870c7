using Microsoft.Playwright;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Pages;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Circles;

/// <summary>Circles in a browser, with and without scripts.</summary>
[Collection(nameof(Browsing))]
public sealed class CirclePageTests(Browsing browsing) : BrowserTests(browsing)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_search_and_a_turned_page_lose_no_tick(bool scripts)
    {
        var portal = await Browsing.Move("Ada");
        for (var n = 0; n < 60; n++)
        {
            var id = PublicKey.Ed25519(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)).Id;
            await portal.Send(new AddPeer(portal.Id, TypedPortalId.Of(id), new($"Peer {n:00}"), default));
        }

        var owner = await Browsing.Owner(portal, scripts);
        await owner.Open(portal, "/peers");
        await owner.Follow("Circles");
        await owner.Fill("Its name", "Family");
        await owner.Press("Create");
        await owner.GetByLabel("Peer 03").CheckAsync();
        await owner.Press("More");
        await owner.GetByLabel("Peer 57").CheckAsync();
        await owner.Fill("Find peers", "PEER 21");
        await owner.Keyboard.PressAsync("Enter");
        await owner.GetByText("1 found. 2 of 60 chosen.").WaitForAsync();
        await owner.GetByLabel("Peer 21").CheckAsync();
        await owner.Press("Save");

        await owner.GetByText("Saved. It applies from the next request on.").WaitForAsync();
        await owner.GetByText("3 of 60 chosen.").WaitForAsync();
        var circle = portal.Snapshot.Circles.All.Single();
        Assert.Equal(["Peer 03", "Peer 21", "Peer 57"],
            portal.Snapshot.Peers.Values.Where(peer => peer.Circles.Contains(circle.Id)).Select(peer => peer.Name).Order(StringComparer.Ordinal));

        await owner.GetByLabel("Peer 21").UncheckAsync();
        await owner.Press("Save");
        await owner.GetByText("2 of 60 chosen.").WaitForAsync();
        Assert.Empty(Browsing.Complaints());
    }

    [Fact]
    public async Task The_circles_of_a_peer_are_on_its_page()
    {
        var portal = await Browsing.Move("Ada");
        var id = PublicKey.Ed25519(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)).Id;
        await portal.Send(new AddPeer(portal.Id, TypedPortalId.Of(id), new("Grandmother"), default));
        var circle = await portal.Send(new Application.Circles.CreateCircle(portal.Id, "Family"));
        var owner = await Browsing.Owner(portal, scripts: false);
        await owner.Open(portal, $"/peers/{id.Short}");
        await owner.GetByLabel("Family").CheckAsync();
        await owner.Locator("#circles-form").GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await owner.GetByText("Saved. It applies").WaitForAsync();
        Assert.True(await owner.GetByLabel("Family").IsCheckedAsync());
        Assert.True(portal.Snapshot.Peers[id.Short].Circles.Contains(circle));
    }
}
