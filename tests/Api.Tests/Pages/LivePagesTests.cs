using Microsoft.Playwright;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Pages;

/// <summary>Open pages show what happens elsewhere, without being loaded again.</summary>
[Collection(nameof(Browsing))]
public sealed class LivePagesTests(Browsing browsing) : BrowserTests(browsing)
{
    [Fact]
    public async Task A_peer_that_accepts_is_seen_by_the_one_who_waits()
    {
        var (a, b) = (await Browsing.Move("Ada"), await Browsing.Move("Bo"));
        var ada = await Browsing.Owner(a);
        await a.Add(b);
        await ada.Open(a, $"/peers/{b.Id.Short}");
        await ada.GetByText("waiting for them").First.WaitForAsync();
        await Mark(ada);
        await b.Add(a);
        await ada.GetByText("mutual", new() { Exact = true }).WaitForAsync();
        Assert.True(await IsMarked(ada));
        Assert.Empty(Browsing.Complaints());
    }

    [Fact]
    public async Task A_request_of_a_stranger_appears_in_the_inbox_and_on_Home()
    {
        var a = await Browsing.Move("Ada");
        var (inbox, home) = (await Browsing.Owner(a), await Browsing.Owner(a));
        await inbox.Open(a, "/inbox");
        await Mark(inbox);
        using var stranger = Stranger.Appear();
        await a.Send(stranger.Notice(a, 1));
        await inbox.GetByRole(AriaRole.Heading, new() { Name = "Stranger" }).WaitForAsync();
        await home.GetByRole(AriaRole.Link, new() { Name = "1 new request", Exact = true }).WaitForAsync();
        await inbox.Press("Mark all as seen");
        await home.GetByRole(AriaRole.Link, new() { Name = "1 new request", Exact = true }).WaitForAsync(new() { State = WaitForSelectorState.Detached });
        Assert.Empty(Browsing.Complaints());
    }

    [Fact]
    public async Task A_device_that_pairs_appears_beside_the_code_that_it_used()
    {
        var a = await Browsing.Move("Ada");
        var ada = await Browsing.Owner(a);
        await ada.Open(a, "/devices");
        await ada.Press("Pair another device");
        var code = await ada.Locator(".code").InnerTextAsync();
        await a.Send(new PairDevice(a.Id, code, "Telephone"));
        await ada.GetByText("Telephone", new() { Exact = true }).WaitForAsync();
        Assert.Equal(code, await ada.Locator(".code").InnerTextAsync());
        Assert.Empty(Browsing.Complaints());
    }

    [Fact]
    public async Task What_the_owner_is_doing_is_not_disturbed()
    {
        var a = await Browsing.Move("Ada");
        var (b, c) = (await Browsing.Move("Bo"), await Browsing.Move("Cleo"));
        var ada = await Browsing.Owner(a);
        await a.Add(b);
        await ada.Open(a, "/peers");
        await ada.Locator("details summary").First.ClickAsync();
        await ada.Fill("Their link, address or ID", "half an addr");
        await ada.EvaluateAsync("() => { window.scrollTo(0, 60); window.at = window.scrollY; }");
        await a.Add(c);
        await ada.GetByRole(AriaRole.Link, new() { Name = "Cleo" }).WaitForAsync();
        Assert.Equal("half an addr", await ada.GetByLabel("Their link, address or ID").InputValueAsync());
        Assert.True(await ada.GetByLabel("Their link, address or ID").EvaluateAsync<bool>("field => field === document.activeElement"));
        Assert.True(await ada.EvaluateAsync<bool>("() => window.at === window.scrollY"));
        Assert.Empty(Browsing.Complaints());
    }

    [Fact]
    public async Task Many_changes_cost_an_open_page_few_requests()
    {
        var a = await Browsing.Move("Ada");
        var ada = await Browsing.Owner(a);
        await ada.Open(a, "/history");
        var looks = 0;
        ada.Request += (_, request) => looks += request is { IsNavigationRequest: false, ResourceType: "fetch" } ? 1 : 0;
        var start = TimeProvider.System.GetTimestamp();
        for (var i = 0; TimeProvider.System.GetElapsedTime(start).TotalSeconds < 12; i++)
        {
            await a.Send(new EditProfile(a.Id, $"Ada {i}", null, null, false));
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        Assert.InRange(looks, 5, 14);
        Assert.Empty(Browsing.Complaints());
    }

    [Fact]
    public async Task Pages_take_over_only_what_differs()
    {
        var ada = await Browsing.Owner(await Browsing.Move("Ada"));
        foreach (var (before, after) in new[]
        {
            ("<ul><li id=a>1</li><li id=b>2</li></ul>", "<ul><li id=b>2</li><li id=c>3</li></ul>"),
            ("<ul><li><a href=/x>1</a></li> <li><a href=/y>2</a></li></ul>", "<ul><li><a href=/y>2</a></li></ul>"),
            ("<p>one</p> <section>two</section> <div>three</div>", "<section>two</section> <div>three!</div>"),
            ("<section>two</section> <div>three</div>", "<p>one</p> <section>two</section> <div>three!</div>"),
            ("<section aria-labelledby=a><h2 id=a>A</h2></section><section aria-labelledby=b><h2 id=b>B</h2></section>",
                "<section aria-labelledby=b><h2 id=b>B</h2></section><section aria-labelledby=a><h2 id=a>A</h2></section>"),
            ("<p class=x>text</p>", "<p title=y>other</p>"),
            ("", "<p>text</p>"),
            ("<p>text</p>", ""),
        })
        {
            var result = await ada.EvaluateAsync<string>(
                """
                ([before, after]) => {
                  const [old, fresh] = [before, after].map(html => new DOMParser().parseFromString(`<main>${html}</main>`, "text/html").querySelector("main"));
                  adapt(old, fresh);
                  old.querySelectorAll(".new").forEach(item => { item.classList.remove("new"); item.removeAttribute("class"); });
                  return old.isEqualNode(fresh) ? "" : old.innerHTML;
                }
                """,
                new[] { before, after });
            Assert.True(result.Length == 0, $"{before} -> {after} became {result}");
        }
    }

    /// <summary>Remembers that the page was not loaded again.</summary>
    private static async Task Mark(IPage page) => await page.EvaluateAsync("() => { window.marked = true; }");

    private static Task<bool> IsMarked(IPage page) => page.EvaluateAsync<bool>("() => window.marked === true");
}
