using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Pages;

/// <summary>Becoming peers with one link, in a browser, counted in steps: each opened link and each pressed button is one.</summary>
[Collection(nameof(Browsing))]
public sealed class OneLinkTests(Browsing browsing) : BrowserTests(browsing)
{
    [Theory, InlineData(true), InlineData(false)]
    public async Task By_an_invite_two_Portals_are_mutual_in_three_steps(bool scripts)
    {
        var (a, b) = (await Browsing.Move("Ada"), await Browsing.Move("Bo"));
        var (ada, bo) = (await Browsing.Owner(a, scripts), await Browsing.Owner(b, scripts));
        await ada.Fill("For whom (optional)", "Bo from the allotment");
        await ada.Press("Make an invite");
        Assert.True(await ada.Locator("#fresh").EvaluateAsync<bool>("e => e.getBoundingClientRect().top >= 0 && e.getBoundingClientRect().top < innerHeight"));
        var link = await ada.Locator("#fresh .secret").InnerTextAsync();
        Assert.Equal(1, await ada.Locator("#fresh svg.qr").CountAsync());

        var steps = new Steps(bo);
        var seen = (await steps.Open(link))!;
        Assert.Equal(("no-referrer", "no-store"), (seen.Headers["referrer-policy"], seen.Headers["cache-control"]));
        Assert.Equal("Ada invites you", await bo.Locator("h1").InnerTextAsync());
        await bo.Fill("Your Portal's address", b.Domain);
        await steps.Press("Add me");
        await Heading(bo, "Add Ada?");
        Assert.StartsWith($"https://{b.Domain}/peers?add=", bo.Url, StringComparison.Ordinal);
        await steps.Press("Add");
        await bo.Sees("mutual");
        await bo.Sees("verified by invite");
        Assert.Equal(3, steps.Count);

        await Eventually.Mutual(a, b);
        await ada.Open(a, "/home");
        await ada.Sees("Bo accepted your invite for Bo from the allotment");
        await ada.Open(a, "/history");
        await ada.Sees("created an invite for “Bo from the allotment”");
        Assert.Equal(200, (await bo.GotoAsync(link))!.Status);
        await bo.Sees("This invite has been used");
        Assert.Empty(Browsing.Complaints());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task By_the_public_page_two_Portals_are_mutual_in_five_steps(bool scripts)
    {
        var (a, b) = (await Browsing.Move("Ada"), await Browsing.Move("Bo"));
        var (ada, bo) = (await Browsing.Owner(a, scripts), await Browsing.Owner(b, scripts));
        var (his, hers) = (new Steps(bo), new Steps(ada));

        await his.Open($"https://{a.Domain}/");
        await bo.Fill("Your Portal's address", b.Id.Short.Value);
        await his.Press("Add me");
        await Heading(bo, "Add Ada?");
        Assert.Contains(a.Id.Value[6..12], await bo.Locator("code.id").InnerTextAsync(), StringComparison.Ordinal);
        await his.Press("Add");
        await bo.Sees("waiting for them");
        await Eventually.Holds(async () => (await a.Inbox()).Count == 1);
        await hers.Open($"https://{a.Domain}/inbox");
        await hers.Press("Accept");
        await ada.Sees("mutual");
        await bo.Sees("verified by full ID");

        Assert.Equal((3, 2), (his.Count, hers.Count));
        Assert.Empty(Browsing.Complaints());
    }

    [Theory]
    [InlineData("{domain}")]
    [InlineData("https://{domain}/profile?tab=2#top")]
    [InlineData("Here I am: https://{domain}/#{id}.")]
    [InlineData("{id}")]
    [InlineData("{short}")]
    public async Task Whatever_is_pasted_the_owner_sees_whose_Portal_it_is_before_it_is_added(string text)
    {
        var (a, b) = (await Browsing.Move("Ada"), await Browsing.Move("Bo"));
        await b.Send(new SetAvatar(b.Id, OwnerTests.Pixel));
        var ada = await Browsing.Owner(a);
        await ada.Open(a, "/peers");
        await ada.Fill("Their link, address or ID", text.Replace("{domain}", b.Domain, StringComparison.Ordinal)
            .Replace("{id}", b.Id.Value, StringComparison.Ordinal).Replace("{short}", b.Id.Short.Value, StringComparison.Ordinal));
        await ada.Ask();

        await Heading(ada, "Add Bo?");
        Assert.True(await ada.Locator("main img.avatar").EvaluateAsync<bool>("image => image.complete && image.naturalWidth > 0 && new URL(image.src).host === location.host"));
        Assert.Empty(await a.Past(b.Id));
        await ada.Press("Add");
        await ada.Sees(text.Contains("{id}", StringComparison.Ordinal) ? "verified by full ID" : "trusted on first use");
        Assert.Equal(b.Id, a.Sees(b)!.Id);
        Assert.Empty(Browsing.Complaints());
    }

    [Fact]
    public async Task A_Portal_that_does_not_answer_is_explained_and_can_be_added_anyway()
    {
        var (a, b) = (await Browsing.Move("Ada"), await Browsing.Move("Bo"));
        var ada = await Browsing.Owner(a, scripts: false);
        b.Down = true;
        await ada.Open(a, "/peers");
        await ada.Fill("Their link, address or ID", $"https://{b.Domain}/");
        await ada.Ask();
        await ada.Sees("The connection broke before an answer came");
        await ada.Press("Add anyway");
        await ada.Sees("not reached yet");
        b.Down = false;
        await a.TryNow(b);
        await ada.Sees("waiting for them");

        await ada.Open(a, "/peers");
        foreach (var (text, sentence) in new[]
        {
            ("q69d!", "No Portal can be found in this text."), ("bo@example.org", "This is an e-mail address."), (a.Id.Value, "this Portal itself"),
        })
        {
            await ada.Locator("details summary").ClickAsync();
            await ada.Fill("Their link, address or ID", text);
            await ada.Ask();
            Assert.Contains(sentence, await ada.Locator("#add-peer-text-error").InnerTextAsync(), StringComparison.Ordinal);
            Assert.Equal(text, await ada.GetByLabel("Their link, address or ID").InputValueAsync());
            await ada.Open(a, "/peers");
        }
    }

    [Fact]
    public async Task The_visitors_Portal_is_remembered_in_that_browser()
    {
        var (a, b) = (await Browsing.Move("Ada"), await Browsing.Move("Bo"));
        var bo = await Browsing.Owner(b);
        await bo.Open(a, "/");
        await bo.Fill("Your Portal's address", b.Domain);
        await bo.Press("Add me");
        await Heading(bo, "Add Ada?");
        await bo.Open(a, "/");
        Assert.Equal(b.Domain, await bo.GetByLabel("Your Portal's address").InputValueAsync());

        await bo.Fill("Your Portal's address", a.Domain);
        await bo.Press("Add me");
        await bo.Sees("This is the Portal that you are looking at");
        Assert.StartsWith($"https://{a.Domain}/add-me", bo.Url, StringComparison.Ordinal);
        Assert.Empty(Browsing.Complaints());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Both_owners_compare_the_same_numbers_and_each_records_it(bool scripts)
    {
        var (a, b) = (await Browsing.Move("Ada"), await Browsing.Move("Bo"));
        var (ada, bo) = (await Browsing.Owner(a, scripts), await Browsing.Owner(b, scripts));
        await a.Add(b, characters: 6);
        await b.Add(a, characters: 6);
        await Eventually.Mutual(a, b);
        await ada.Open(a, $"/peers/{b.Id.Short}");
        await bo.Open(b, $"/peers/{a.Id.Short}");

        var numbers = await ada.Locator("#comparison").InnerTextAsync();
        Assert.Equal(string.Join(' ', Comparison.Of(a.Id, b.Id)), numbers);
        Assert.Equal(numbers, await bo.Locator("#comparison").InnerTextAsync());
        await ada.Press("We compared them");
        await ada.Sees("You have compared them.");
        Assert.Equal((PeerVerification.Compared, PeerVerification.FirstUse), (a.Sees(b)!.Verified, b.Sees(a)!.Verified));
        await bo.Press("We compared them");
        await bo.Sees("You have compared them.");
        Assert.Equal(PeerVerification.Compared, b.Sees(a)!.Verified);
        await ada.Open(a, "/history");
        await ada.Sees("compared the numbers with Bo");
        Assert.Empty(Browsing.Complaints());
    }

    [Fact]
    public async Task The_owner_is_warned_before_a_peer_is_moved_to_where_nobody_answers()
    {
        var (a, b) = (await Browsing.Move("Ada"), await Browsing.Move("Bo"));
        var ada = await Browsing.Owner(a, scripts: false);
        await a.Add(b);
        await Eventually.Holds(() => a.Sees(b)!.Key is not null);
        await ada.Open(a, $"/peers/{b.Id.Short}");
        await ada.Fill("Their domain", $"https://{b.Id.Short}.elsewhere.{Neighbourhood.Zone}/home");
        await ada.Press("Save");
        Assert.NotEqual("", await ada.Locator("#change-address-error").InnerTextAsync());
        Assert.Equal(b.Domain, a.Sees(b)!.Domain);

        await ada.Press("Save anyway");
        await ada.Sees("Changed.");
        Assert.Equal($"{b.Id.Short}.elsewhere.{Neighbourhood.Zone}", a.Sees(b)!.Domain);
        await ada.Fill("Their domain", "");
        await ada.Press("Save");
        await ada.Sees("Changed.");
        Assert.Equal(b.Domain, a.Sees(b)!.Domain);
    }

    [Fact]
    public async Task What_is_copied_leads_to_the_Portal_from_anywhere()
    {
        var (a, b) = (await Browsing.Move("Ada"), await Browsing.Move("Bo"));
        var ada = await Browsing.Owner(a);
        await a.Add(b);
        await Eventually.Holds(() => a.Sees(b)!.Key is not null);
        foreach (var (path, link) in new[] { ("/", Link(a)), ("/home", Link(a)), ($"/peers/{b.Id.Short}", Link(b)) })
        {
            await ada.Open(a, path);
            Assert.Equal(link, await ada.Locator("main [data-copy]").First.GetAttributeAsync("data-copy"));
        }
    }

    [Fact]
    public async Task A_blocked_peers_page_says_that_no_app_sees_them_and_refused_calls_say_why()
    {
        var (a, b) = (await Browsing.Move("Ada"), await Browsing.Move("Bo"));
        var ada = await Browsing.Owner(a, scripts: false);
        await a.Add(b);
        await a.Block(b);
        await a.Send(new RegisterApp(a.Id, "postcards", System.Text.Encoding.UTF8.GetBytes(EveryPage.Words.AppNamed("Postcards"))));
        a.Services.GetRequiredService<IRefusedCalls>().Record(
            a.Id, "postcards", "/postcards", "198.51.100.0/24", new SignatureVerdict(null, SignatureReasons.SignerUnknown, null, "sig1", b.Id.Value));
        await ada.Open(a, $"/peers/{b.Id.Short}");
        await ada.Sees("You have blocked this peer, so no app sees it.");
        await ada.Sees("the caller counted as a stranger");
        Assert.DoesNotContain("signer_unknown", await ada.Locator("main").InnerTextAsync(), StringComparison.Ordinal);
    }

    private static Task Heading(IPage page, string text) => page.GetByRole(AriaRole.Heading, new() { Name = text, Exact = true }).WaitForAsync();

    private static string Link(LivePortal portal) => $"https://{portal.Domain}/#{portal.Id}";

    /// <summary>Counts what a person does.</summary>
    private sealed class Steps(IPage page)
    {
        public int Count { get; private set; }

        public Task<IResponse?> Open(string link)
        {
            Count++;
            return page.GotoAsync(link);
        }

        public Task Press(string button)
        {
            Count++;
            return page.Press(button);
        }
    }
}
