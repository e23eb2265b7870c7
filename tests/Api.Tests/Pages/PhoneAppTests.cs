using System.Buffers.Binary;
using System.Text.Json;
using PeerRegistry.Api.Pages;
using PeerRegistry.Api.Tests.Common;

namespace PeerRegistry.Api.Tests.Pages;

/// <summary>The pages as an app on a phone.</summary>
[Collection(nameof(Browsing))]
public sealed class PhoneAppTests(Browsing browsing) : BrowserTests(browsing)
{
    [Fact]
    public async Task The_manifest_names_the_Portal_and_icons_that_are_there()
    {
        var portal = (await Browsing.Furnished()).Portal;
        using var client = portal.Zone.Client();
        using var manifest = JsonDocument.Parse(await client.GetStringAsync($"https://{portal.Domain}{PhoneApp.Manifest}"));
        Assert.Equal(("Ada Lindqvist", "/home", "standalone"),
            (Text(manifest.RootElement, "name"), Text(manifest.RootElement, "start_url"), Text(manifest.RootElement, "display")));
        var icons = manifest.RootElement.GetProperty("icons").EnumerateArray().ToList();
        Assert.Contains(icons, icon => Text(icon, "purpose") == "maskable" && Text(icon, "sizes") == "512x512");
        foreach (var icon in icons)
        {
            var png = await client.GetByteArrayAsync($"https://{portal.Domain}{Text(icon, "src")}");
            Assert.Equal(Text(icon, "sizes"), $"{BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16))}x{BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20))}");
            Assert.True(png.Length < 30_000, $"{png.Length} bytes");
        }
    }

    [Fact]
    public async Task A_browser_shows_the_icon_as_it_is_drawn()
    {
        var owner = await Browsing.Owner((await Browsing.Furnished()).Portal);
        var colours = await owner.EvaluateAsync<string[]>(
            """
            async address => {
              const image = new Image();
              image.src = address;
              await image.decode();
              const canvas = new OffscreenCanvas(192, 192).getContext("2d");
              canvas.drawImage(image, 0, 0);
              return [[1, 1], [190, 190], [96, 52], [64, 120], [96, 83]].map(([x, y]) => canvas.getImageData(x, y, 1, 1).data.slice(0, 3).join());
            }
            """,
            PhoneIcon.Url(192));
        const string Ground = "29,91,82";
        Assert.Equal([Ground, Ground], colours[..2]);
        Assert.Contains("191,229,218", colours);
        Assert.Contains("243,217,164", colours);
    }

    [Fact]
    public async Task A_Portal_that_cannot_be_reached_has_a_page_and_nothing_of_the_owner_is_kept()
    {
        var portal = (await Browsing.Furnished()).Portal;
        var owner = await Browsing.Owner(portal, worker: true);
        await owner.EvaluateAsync("() => navigator.serviceWorker.ready.then(() => {})");
        await owner.Open(portal, "/inbox");
        await owner.Open(portal, "/devices");
        var kept = await owner.EvaluateAsync<string[]>(
            "async () => (await Promise.all((await caches.keys()).map(async name => (await (await caches.open(name)).keys()).map(r => new URL(r.url).pathname)))).flat()");
        Assert.Equal(["/offline", SiteFiles.Url("site.css"), SiteFiles.Url("icon.svg")], kept);

        await owner.Context.SetOfflineAsync(true);
        await owner.Open(portal, "/inbox");
        Assert.Equal("Your Portal cannot be reached", await owner.Locator("h1").InnerTextAsync());
        await owner.Context.SetOfflineAsync(false);
        await owner.Follow("Try again");
        await owner.GetByText("Ada Lindqvist").First.WaitForAsync();
        await owner.Open(portal, "/inbox");
        await owner.GetByRole(Microsoft.Playwright.AriaRole.Heading, new() { Name = "Inbox" }).WaitForAsync();
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
