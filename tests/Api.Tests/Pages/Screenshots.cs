using System.Security.Cryptography;
using Microsoft.Playwright;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Pages;

/// <summary>Pictures of the real pages for the README: <c>./run screenshots</c>.</summary>
[Collection(nameof(Browsing))]
public sealed class Screenshots(Browsing browsing) : BrowserTests(browsing)
{
    private const string Folder = "PEERREGISTRY_SCREENSHOTS";

    private const string Hills =
        """
        <body style="margin:0"><svg width="256" height="256" viewBox="0 0 64 64"><rect width="64" height="64" fill="#f3d9a4"/><circle cx="44" cy="22" r="9" fill="#e2803f"/>
        <path d="M0 44q16-16 34-4t30-6v30H0z" fill="#5b8f6b"/><path d="M0 54q20-12 38-3t26-2v15H0z" fill="#2f5d50"/></svg>
        """;

    private static readonly string[] Friends = ["Chloé Dubois", "Grandma Inge", "Yusuf", "The Allotment Society", "Mei-Lin Chen", "Oskar", "Priya Raman"];

    [Fact(Explicit = true)]
    public async Task Are_taken_of_the_main_pages_light_and_dark_wide_and_narrow()
    {
        var folder = Environment.GetEnvironmentVariable(Folder) ?? throw new InvalidOperationException($"Set {Folder} to where the pictures go.");
        Array.ForEach(Directory.GetFiles(folder, "*.png"), File.Delete);
        var all = await EveryPage.Furnish(Browsing, EveryPage.Words.Plain with
        {
            Markdown = "Gardener, **amateur astronomer** and keeper of far too many photographs. Ask me for the allotment calendar.",
            Picture = await Painted(),
        });
        await new TestStore(all.Portal.Services).Append(new Changes(all.Portal.Id, Actor.System, [.. Friends.Select(Friend)]), default);
        await using var mine = await PostcardsTests.Install(all.Portal);
        await using var theirs = await PostcardsTests.Install(all.Peer);
        await Write(all.Peer, all.Portal, "The plums are ripe. Come and take some!");
        await Write(all.Portal, all.Peer, "On Sunday, with a basket. Thank you!");

        var peer = $"/peers/{all.Peer.Id.Short}";
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            var desktop = await Browsing.Owner(all.Portal, scheme: scheme, width: 1100);
            foreach (var (path, picture) in new[] { ("/home", "home"), (peer, "peer"), ("/apps/postcards", "app"), ("/history", "history") })
                await Take(desktop, $"https://{all.Portal.Domain}{path}", picture, scheme);

            var telephone = await Browsing.Owner(all.Portal, scheme: scheme, width: 390);
            await Take(telephone, $"https://{all.Portal.Domain}/peers", "telephone-peers", scheme);
            await Take(telephone, $"https://{all.Portal.Domain}/", "telephone-public", scheme);
            await Take(telephone, $"https://{PostcardsTests.App}.{all.Portal.Domain}/", "telephone-postcards", scheme);
        }

        async Task Take(IPage page, string url, string picture, ColorScheme scheme)
        {
            await page.GotoAsync(url);
            var file = Path.Combine(folder, $"{picture}-{scheme.ToString().ToLowerInvariant()}.png");
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = file, Type = ScreenshotType.Png });
        }
    }

    /// <summary>A peer that is only on the list.</summary>
    private static StreamChange Friend(string name)
    {
        var key = PublicKey.Ed25519(RandomNumberGenerator.GetBytes(32));
        return new($"peer-{key.Id.Short}", 0, [
            new PeerAdded(key.Id, TypedPortalId.Parse(key.Id.Value), name, null, $"{key.Id.Short}.{Neighbourhood.Zone}", PeerVerification.FullId),
            new PeerKeyPinned(key.Id, key, name, PeerVerification.FullId, Signed: true),
            new PeeringConfirmed(key.Id),
        ]);
    }

    private async Task Write(LivePortal from, LivePortal to, string text)
    {
        var owner = await Browsing.Owner(from);
        await owner.GotoAsync($"https://{PostcardsTests.App}.{from.Domain}/");
        await owner.GetByLabel("To").SelectOptionAsync(to.Id.Value);
        await owner.Fill("Text", text);
        await owner.Press("Send");
        await owner.GetByRole(AriaRole.Status).WaitForAsync();
    }

    private async Task<byte[]> Painted()
    {
        var canvas = await Browsing.Anybody();
        await canvas.SetContentAsync(Hills);
        return await canvas.ScreenshotAsync(new PageScreenshotOptions { Clip = new Clip { Width = 256, Height = 256 } });
    }
}
