using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Portals;

namespace PeerRegistry.Api.Tests.Pages;

/// <summary>What an owner meets who is new, or whose browser is.</summary>
[Collection(nameof(Browsing))]
public sealed class FirstVisitTests(Browsing browsing) : BrowserTests(browsing)
{
    [Theory, InlineData(true), InlineData(false)]
    public async Task The_first_steps_are_ticked_as_they_are_done_and_can_be_hidden(bool scripts)
    {
        var a = await Browsing.Move("Ada");
        var ada = await Browsing.Owner(a, scripts);
        await Steps(ada, "0/5");
        await a.Send(new EditProfile(a.Id, "Ada Lindqvist", null, null, false));
        await a.Send(new SetAvatar(a.Id, OwnerTests.Pixel));
        await a.Send(new PairDevice(a.Id, (await a.Send(new CreatePairingCode(a.Id))).Code, "Telephone"));
        if (!scripts)
            await ada.ReloadAsync();
        await Steps(ada, "3/5");
        await ada.Press("Hide this list");
        await ada.GetByText("Hidden.", new() { Exact = false }).WaitForAsync();
        await ada.Open(a, "/home");
        Assert.Equal(0, await ada.GetByText("First steps").CountAsync());

        var other = await Browsing.Owner(a, scripts);
        using var stranger = Stranger.Appear();
        await a.Add(stranger.Key.Id);
        await a.Send(new RegisterApp(a.Id, "postcards", System.Text.Encoding.UTF8.GetBytes(EveryPage.Words.AppNamed("Postcards"))));
        await other.Open(a, "/home");
        Assert.Equal(0, await other.GetByText("First steps").CountAsync());
        Assert.Empty(Browsing.Complaints());
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_browser_that_wanted_an_app_is_there_after_pairing(bool scripts)
    {
        var a = await Browsing.Move("Ada");
        await a.Send(new RegisterApp(a.Id, "postcards", System.Text.Encoding.UTF8.GetBytes(EveryPage.Words.AppNamed("Postcards"))));
        a.Apps["postcards"] = context => context.Response.WriteAsync($"You are at {context.Request.Path}{context.Request.QueryString}");
        var page = await Browsing.Anybody(scripts);
        await page.GotoAsync($"https://postcards.{a.Domain}/new?to=bo%20b");
        await page.GetByText("The app “Postcards” is for the owner of this Portal.").WaitForAsync();
        Assert.DoesNotContain("401", await page.Locator("main").InnerTextAsync(), StringComparison.Ordinal);

        await page.Fill("Pairing code", "wrong");
        await page.Press("Pair this browser");
        await page.Locator("#pair-code-error").WaitForAsync();
        await page.Fill("Pairing code", (await a.Send(new CreatePairingCode(a.Id))).Code);
        await page.Press("Pair this browser");
        await page.GetByText("You are at /new?to=bo%20b").WaitForAsync();
        Assert.Empty(Browsing.Complaints());
    }

    [Theory]
    [InlineData("/inbox?x=1", "/inbox?x=1")]
    [InlineData("//evil.test/", "/home?done=paired")]
    [InlineData("https://evil.test/", "/home?done=paired")]
    [InlineData("/\\evil.test/", "/home?done=paired")]
    [InlineData("/core/app-session?app=unknown&to=/&state=x", "/home?done=paired")]
    [InlineData("/core/app-session?app=postcards&to=//evil.test&state=x", "https://postcards.{0}/")]
    [InlineData("/core/app-session?app=postcards.evil.test%23&to=/", "/home?done=paired")]
    [InlineData("/core/app-session?app=postcards&to=/%C3%BC&state=x", "https://postcards.{0}/")]
    [InlineData("/ü", "/home?done=paired")]
    [InlineData("/core/protected/peers", "/home?done=paired")]
    public async Task After_pairing_a_browser_goes_to_pages_and_apps_of_this_Portal_only(string wanted, string expected)
    {
        var all = await Browsing.Furnished();
        var (page, portal) = (await Browsing.Anybody(), all.Portal);
        await page.Open(portal, "/core/app-session?app=postcards&to=/&state=x"); // its form may lead to the app
        await page.Locator("input[name=return]").EvaluateAsync("(field, value) => { field.value = value; }", wanted);
        var code = (await portal.Send(new CreatePairingCode(portal.Id))).Code;
        await page.Fill("Pairing code", code);
        var answered = page.WaitForResponseAsync(answer => answer.Request is { Method: "POST" } && answer.Url.EndsWith("/pair", StringComparison.Ordinal));
        await page.Press("Pair this browser");
        Assert.Equal(expected.Replace("{0}", portal.Domain, StringComparison.Ordinal), await (await answered).HeaderValueAsync("location"));
        var device = portal.Snapshot.Devices.Values.OrderBy(d => d.PairedAt).Last();
        await portal.Send(new RevokeDevice(portal.Id, device.Id));
    }

    private static Task Steps(IPage page, string count) =>
        page.Locator("section", new() { HasText = "First steps" }).GetByText(count, new() { Exact = true }).WaitForAsync();
}
