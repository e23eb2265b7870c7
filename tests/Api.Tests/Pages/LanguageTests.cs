using Microsoft.Playwright;
using PeerRegistry.Api.Pages;
using PeerRegistry.Api.Tests.Common;

namespace PeerRegistry.Api.Tests.Pages;

/// <summary>In which language a page is shown.</summary>
[Collection(nameof(Browsing))]
public sealed class LanguageTests(Browsing browsing) : BrowserTests(browsing)
{
    [Theory]
    [InlineData("de", "de")]
    [InlineData("de-AT, en;q=0.8", "de")]
    [InlineData("fr, de;q=0.3, en;q=0.7", "en")]
    [InlineData("fr", "en")]
    [InlineData("de;q=0, *", "en")]
    [InlineData(";;;,=", "en")]
    public async Task A_page_for_everybody_is_in_the_language_that_the_browser_asks_for(string accepted, string shown)
    {
        var all = await Browsing.Furnished();
        using var client = new HttpClient { BaseAddress = all.Portal.Edge };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/pair") { Headers = { Host = all.Portal.Domain } };
        request.Headers.TryAddWithoutValidation("Accept-Language", accepted);
        using var answer = await client.SendAsync(request);
        Assert.Contains($"<html lang=\"{shown}\">", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal([shown], answer.Content.Headers.ContentLanguage);
        Assert.Contains("Accept-Language", answer.Headers.Vary);
    }

    [Fact]
    public async Task The_owner_chooses_a_language_which_counts_more_than_the_browsers()
    {
        var portal = await Browsing.Move("polyglot");
        var owner = await Browsing.Owner(portal);
        await owner.Open(portal, "/profile");
        await owner.GetByLabel("Language of your pages").SelectOptionAsync("Deutsch");
        await owner.Press("Change");
        Assert.Contains("Die Sprache deiner Seiten ist geändert.", await owner.Locator("p[role=status]:not(.sr)").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal("de", await owner.Locator("html").GetAttributeAsync("lang"));

        await owner.Open(portal, "/no-such-page");
        Assert.Contains("Seite nicht gefunden", await owner.Locator("h1").InnerTextAsync(), StringComparison.Ordinal);
        var anybody = await Browsing.Anybody();
        await anybody.Open(portal, "/");
        Assert.Equal("en", await anybody.Locator("html").GetAttributeAsync("lang"));
    }

    [Fact]
    public void Dates_and_numbers_are_written_as_the_language_does()
    {
        Assert.Equal("2.000", 2000.ToString("N0", Languages.German));
        Assert.Equal("3. März 2026", new DateTime(2026, 3, 3, 0, 0, 0, DateTimeKind.Utc).ToString("D", Languages.German));
        Assert.Equal("3 March 2026", new DateTime(2026, 3, 3, 0, 0, 0, DateTimeKind.Utc).ToString("D", Languages.English));
    }
}
