using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using PeerRegistry.Api.Tests.Common;

namespace PeerRegistry.Api.Tests.Pages;

/// <summary>What holds for all pages alike.</summary>
[Collection(nameof(Browsing))]
public sealed class EveryPageTests(Browsing browsing) : BrowserTests(browsing)
{
    private const int MaxBytes = 100_000;

    private static readonly string Check = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Pages", "accessibility.js"));

    [Theory]
    [InlineData(ColorScheme.Light, 1200, "en-GB")]
    [InlineData(ColorScheme.Dark, 360, "en-GB")]
    [InlineData(ColorScheme.Light, 360, "de-DE")]
    [InlineData(ColorScheme.Dark, 1200, "de-DE")]
    public async Task Can_be_read_and_used_by_everybody(ColorScheme scheme, int width, string language)
    {
        var all = await Browsing.Furnished();
        var owner = await Browsing.Owner(all.Portal, scheme: scheme, width: width, language: language);
        var anybody = await Browsing.Anybody(scheme: scheme, width: width, language: language);
        var faults = new List<string>();
        foreach (var (page, path) in all.Owners.Select(p => (owner, p)).Concat([.. EveryPage.Public.Append("/home").Select(p => (anybody, p))]))
        {
            await page.Open(all.Portal, path);
            faults.AddRange((await Faults(page)).Select(f => $"{path}: {f}"));
            if (await page.EvaluateAsync<double>("() => performance.getEntriesByType('layout-shift').reduce((sum, shift) => sum + shift.value, 0)") > 0)
                faults.Add($"{path}: moves while it loads");
        }

        await owner.Open(all.Portal, "/devices");
        await owner.Locator("#new-code button").ClickAsync();
        faults.AddRange(await Faults(owner));
        Assert.True(faults.Count == 0, string.Join('\n', faults.Distinct()));
        Assert.Empty(Browsing.Complaints());
    }

    /// <summary>On a phone of 390 × 844, with the main actions of each page named by what they lead to.</summary>
    [Fact]
    public async Task Nothing_important_on_a_phone_is_further_than_three_screens_and_the_navigation_is_at_the_thumb()
    {
        const int Height = 844;
        var all = await Browsing.Furnished();
        var owner = await Browsing.Owner(all.Portal, width: 390);
        await owner.SetViewportSizeAsync(390, Height);
        foreach (var (path, actions) in new[]
        {
            ("/home", "a[href='/inbox'], a[href='/peers'], [data-copy], form[action='/invites'] button"),
            ("/peers", "#add-peer button, main .list a, summary"), ("/inbox", "#seen button, article button"), ("/apps", "main .list a"),
            ("/devices", "#new-code button, main .list a"), ("/profile", "#profile button"), ("/history", "main nav a"),
        })
        {
            await owner.Open(all.Portal, path);
            var lowest = await owner.EvaluateAsync<double>(
                "actions => Math.max(...[...document.querySelectorAll(actions)].filter(e => e.closest('main') && e.checkVisibility()).map(e => e.getBoundingClientRect().bottom + scrollY))",
                actions);
            Assert.True(lowest is > 0 and <= 3 * Height, $"{path} has an action at {lowest}");
            var bar = (await owner.Locator(".side nav").BoundingBoxAsync())!;
            Assert.Equal((0, Height), (bar.X, bar.Y + bar.Height));
            Assert.True(await owner.EvaluateAsync<bool>("() => [...document.querySelectorAll('.side nav a')].every(a => a.scrollWidth <= a.clientWidth + 1)"), path);
        }
    }

    [Fact]
    public async Task The_tab_key_goes_through_all_controls_in_the_order_of_the_page_and_shows_where_it_is()
    {
        var all = await Browsing.Furnished();
        var owner = await Browsing.Owner(all.Portal);
        foreach (var path in all.Owners)
        {
            await owner.Open(all.Portal, path);
            var controls = await owner.EvaluateAsync<int>(
                """
                () => {
                  const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")].filter(e => e.checkVisibility());
                  const stops = all.filter(e => e.type !== "radio" || e.checked);
                  stops.forEach((e, i) => e.dataset.stop = i);
                  document.body.focus();
                  return stops.length;
                }
                """);
            for (var expected = 0; expected < controls; expected++)
            {
                do
                    await owner.Keyboard.PressAsync("Tab");
                while (await owner.EvaluateAsync<bool>($"() => document.activeElement.type === 'date' && document.activeElement.dataset.stop === '{expected - 1}'")); // its day, month and year
                var at = await owner.EvaluateAsync<string>(
                    """
                    () => {
                      const e = document.activeElement, style = getComputedStyle(e);
                      return style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2 ? `unmarked ${e.outerHTML.slice(0, 100)}` : e.dataset.stop ?? e.outerHTML.slice(0, 100);
                    }
                    """);
                Assert.True(at == $"{expected}", $"{path}: stop {expected} is {at}");
            }
        }
    }

    [Fact]
    public async Task Is_there_without_scripts_too_and_promises_nothing_that_needs_them()
    {
        var all = await Browsing.Furnished();
        var (owner, anybody) = (await Browsing.Owner(all.Portal, scripts: false), await Browsing.Anybody(scripts: false));
        foreach (var (page, path) in all.Owners.Select(p => (owner, p)).Concat([.. EveryPage.Public.Take(2).Select(p => (anybody, p))]))
        {
            Assert.Equal(200, (await page.Open(all.Portal, path))!.Status);
            Assert.Equal(0, await page.Locator(".needs-script").Filter(new() { Visible = true }).CountAsync());
        }
    }

    [Fact]
    public async Task Is_small_and_readable_after_two_requests()
    {
        var all = await Browsing.Furnished();
        var owner = await Browsing.Owner(all.Portal);
        foreach (var path in all.Owners.Concat(EveryPage.Public))
        {
            await owner.Open(all.Portal, path);
            var blocking =
                await owner.EvaluateAsync<int>("() => performance.getEntriesByType('resource').filter(r => r.renderBlockingStatus === 'blocking').length");
            Assert.True(blocking <= 1, $"{path} waits for {blocking} requests besides its own");
            using var client = new HttpClient { BaseAddress = all.Portal.Edge };
            var bytes = 0L;
            foreach (var part in await owner.EvaluateAsync<string[]>("() => [location.href, ...performance.getEntriesByType('resource').map(r => r.name)]"))
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(part).PathAndQuery) { Headers = { Host = all.Portal.Domain } };
                request.Headers.TryAddWithoutValidation("Accept-Encoding", "br");
                request.Headers.TryAddWithoutValidation("Accept", "text/html,*/*");
                request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", (await owner.Context.CookiesAsync()).Select(c => $"{c.Name}={c.Value}")));
                if (part.Contains("/live", StringComparison.Ordinal))
                    continue; // open for as long as the page is
                using var answer = await client.SendAsync(request);
                bytes += (await answer.Content.ReadAsByteArrayAsync()).Length;
            }

            Assert.True(bytes is > 1000 and <= MaxBytes, $"{path} has {bytes} bytes");
        }
    }

    [Fact]
    public async Task Hostile_names_profiles_and_apps_are_shown_and_do_nothing()
    {
        const string Script = "<script>alert(1)</script>";
        var own = "</title>" + Script + "\"'><img src=x onerror=alert(2)>";
        var all = await EveryPage.Furnish(Browsing, new EveryPage.Words(
            own,
            "<img src=x onerror=alert(3)> gnp.exe {{7*7}}",
            "&lt;b&gt; ${alert(4)} --><svg onload=alert(5)>",
            "'\" onfocus=alert(6) autofocus x='",
            $"{Script}\n\n[x](javascript:alert(7)) <svg/onload=alert(8)> [y](&#x6A;avascript:alert(9))\n\n![z](javascript:alert(10))\n\n<a href=\"javascript:alert(11)\">z</a>",
            EveryPage.Words.AppNamed("</h1><iframe srcdoc='" + Script + "'>"))
        {
            HostilePicture = WithText(OwnerTests.Pixel, Script),
            Circle = "</h1>" + Script + "'><b>",
        });
        var (owner, anybody) = (await Browsing.Owner(all.Portal), await Browsing.Anybody());
        foreach (var (page, path) in all.Owners.Select(p => (owner, p)).Concat([.. EveryPage.Public.Select(p => (anybody, p))]))
        {
            await page.Open(all.Portal, path);
            await page.WaitForLoadStateAsync();
            var found = await page.EvaluateAsync<string[]>(
                """
                () => [...document.querySelectorAll("*")].filter(e =>
                    (e.tagName === "SCRIPT" && !e.src.startsWith(location.origin + "/assets/"))
                    || /^(IFRAME|OBJECT|EMBED|BASE|FORM)$/.test(e.tagName) && !(e.tagName === "FORM" && new URL(e.getAttribute("action"), location).origin === location.origin)
                    || (e.tagName === "IMG" && !/^\/core\/(public\/meta|protected\/peers\/[a-z0-9]{6})\/avatar/.test(e.getAttribute("src")))
                    || [...e.attributes].some(a => /^on/i.test(a.name) || a.name === "style" || /^\s*(javascript|data|vbscript):/i.test(a.value)))
                    .map(e => e.outerHTML.slice(0, 200))
                """);
            Assert.True(found.Length == 0, $"{path}: {string.Join('\n', found)}");
        }

        var peerPage = $"/peers/{all.Peer.Id.Short}";
        await owner.Open(all.Portal, peerPage);
        Assert.Contains(Script, await owner.Locator(".claim").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await owner.Locator(".claim a").CountAsync());
        Assert.Equal(1, await owner.Locator(".claim img").EvaluateAsync<int>("image => image.naturalWidth"));

        await owner.Open(all.Portal, "/home");
        Assert.Contains(own, await owner.Locator("h1").InnerTextAsync(), StringComparison.Ordinal);
        await owner.Open(all.Portal, $"/peers/{all.Peer.Id.Short}/remove");
        await owner.Open(all.Portal, $"/peers/{all.Peer.Id.Short}");
        await owner.Follow("Remove");
        await owner.Locator("dialog[open]").WaitForAsync();
        Assert.Empty(Browsing.Complaints());

        await EveryPage.Show(all.Portal, all.Peer, WithText(OwnerTests.Pixel, Script)); // a visit may have brought the peer's own one meanwhile
        var picture = (await owner.Open(all.Portal, $"/core/protected{peerPage}/avatar"))!;
        Assert.Equal(("image/png", "nosniff"), (picture.Headers["content-type"], picture.Headers["x-content-type-options"]));
        // of the policy Chromium's own picture page complains
        Assert.DoesNotContain(Browsing.Complaints(), c => c.StartsWith("A dialog", StringComparison.Ordinal));
    }

    /// <summary>What axe finds, and what it does not look for.</summary>
    private static async Task<IEnumerable<string>> Faults(IPage page) =>
    [
        .. await page.EvaluateAsync<string[]>(Check),
        .. from violation in (await page.RunAxe()).Violations
           from node in violation.Nodes
           select $"{violation.Id}: {node.Html}",
    ];

    /// <summary>A PNG with this text in a chunk of its own, as the format allows.</summary>
    private static byte[] WithText(byte[] png, string text)
    {
        var chunk = System.Text.Encoding.ASCII.GetBytes($"tEXtComment\0{text}");
        var length = new byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(length, chunk.Length - 4);
        return [.. png[..33], .. length, .. chunk, 0, 0, 0, 0, .. png[33..]]; // readers skip a comment whose checksum is wrong
    }
}
