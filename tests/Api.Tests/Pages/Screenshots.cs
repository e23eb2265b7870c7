using Microsoft.Playwright;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Portals;

namespace PeerRegistry.Api.Tests.Pages;

/// <summary>Pictures of the real pages for the README: <c>./run screenshots</c>.</summary>
[Collection(nameof(Browsing))]
public sealed class Screenshots(Browsing browsing)
{
    private const string Folder = "PEERREGISTRY_SCREENSHOTS";

    private const string Hills =
        """
        <body style="margin:0"><svg width="256" height="256" viewBox="0 0 64 64"><rect width="64" height="64" fill="#f3d9a4"/><circle cx="44" cy="22" r="9" fill="#e2803f"/>
        <path d="M0 44q16-16 34-4t30-6v30H0z" fill="#5b8f6b"/><path d="M0 54q20-12 38-3t26-2v15H0z" fill="#2f5d50"/></svg>
        """;

    [Fact(Explicit = true)]
    public async Task Are_taken_of_the_main_pages_light_and_dark()
    {
        var folder = Environment.GetEnvironmentVariable(Folder) ?? throw new InvalidOperationException($"Set {Folder} to where the pictures go.");
        var all = await EveryPage.Furnish(browsing, EveryPage.Words.Plain with
        {
            Markdown = "Gardener, **amateur astronomer** and keeper of far too many photographs.\n\nThis Portal runs on a small box under the stairs. Ask me for:\n\n- the allotment calendar\n- star charts of [the northern sky](https://stars.test)\n\n> Leave the gate as you found it.",
            Picture = await Painted(),
        });
        await all.Portal.Send(new CreateInvite(all.Portal.Id));
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            var owner = await browsing.Owner(all.Portal, scheme: scheme);
            var name = scheme.ToString().ToLowerInvariant();
            foreach (var (path, picture) in new[]
            {
                ("/", "public"), ("/home", "home"), ("/peers", "peers"), ($"/peers/{all.Peer.Id.Short}", "peer"),
                ($"/peers/{all.Peer.Id.Short}#own-words", "peer-words"), ("/apps/postcards", "app"),
                ("/history", "history"),
            })
            {
                await owner.Open(all.Portal, path);
                await owner.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"{picture}-{name}.png"), Type = ScreenshotType.Png });
            }
        }

        var telephone = await browsing.Owner(all.Portal, width: 360);
        await telephone.Open(all.Portal, "/peers");
        await telephone.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, "peers-narrow.png"), Type = ScreenshotType.Png });
    }

    private async Task<byte[]> Painted()
    {
        var canvas = await browsing.Anybody();
        await canvas.SetContentAsync(Hills);
        return await canvas.ScreenshotAsync(new PageScreenshotOptions { Clip = new Clip { Width = 256, Height = 256 } });
    }
}
