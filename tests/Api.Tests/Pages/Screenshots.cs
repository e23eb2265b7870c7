using Microsoft.Playwright;
using PeerRegistry.Api.Tests.Kernel;
using PeerRegistry.Application.Portals;

namespace PeerRegistry.Api.Tests.Pages;

/// <summary>Pictures of the real pages for the README: <c>./run screenshots</c>.</summary>
[Collection(nameof(Browsing))]
public sealed class Screenshots(Browsing browsing)
{
    private const string Folder = "PEERREGISTRY_SCREENSHOTS";

    [Fact(Explicit = true)]
    public async Task Are_taken_of_the_main_pages_light_and_dark()
    {
        var folder = Environment.GetEnvironmentVariable(Folder) ?? throw new InvalidOperationException($"Set {Folder} to where the pictures go.");
        var all = await EveryPage.Furnish(browsing, EveryPage.Words.Plain with
        {
            Markdown = "Gardener, **amateur astronomer** and keeper of far too many photographs.\n\nThis Portal runs on a small box under the stairs. Ask me for:\n\n- the allotment calendar\n- star charts of [the northern sky](https://stars.test)\n\n> Leave the gate as you found it.",
        });
        await all.Portal.Send(new CreateInvite(all.Portal.Id));
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            var owner = await browsing.Owner(all.Portal, scheme: scheme);
            var name = scheme.ToString().ToLowerInvariant();
            foreach (var (path, picture) in new[]
            {
                ("/", "public"), ("/home", "home"), ("/peers", "peers"), ($"/peers/{all.Peer.Id.Short}", "peer"), ("/apps/postcards", "app"),
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
}
