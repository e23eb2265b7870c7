using Microsoft.Playwright;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.ForwardAuth;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Pages;

/// <summary>The sample app as its owners use it: two live Portals, each with Postcards behind its core's own gateway.</summary>
[Collection(nameof(Browsing))]
public sealed class PostcardsTests(Browsing browsing) : BrowserTests(browsing)
{
    internal const string App = "postcards";
    private const string Hostile = "<script>alert(1)</script> \"quoted\" & 'so'\nsecond line";

    private static readonly string Check = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Pages", "accessibility.js"));

    [Fact]
    public async Task A_card_is_sent_and_answered_between_two_Portals_and_a_failure_is_said_in_words()
    {
        var (ada, bo) = (await Browsing.Move("Ada"), await Browsing.Move("Bo <i>Márquez</i>"));
        await using var first = await Install(ada);
        await using var second = await Install(bo);
        var (desktop, telephone) = (await Browsing.Owner(ada), await Browsing.Owner(bo, scripts: false, ColorScheme.Dark, 390));

        await Visit(desktop, ada);
        await desktop.Sees("There is nobody to write to yet");
        Assert.Equal($"https://{ada.Domain}/peers", await desktop.EvaluateAsync<string>("() => document.querySelector('main a').href"));
        await ada.Add(bo);
        await bo.Add(ada);
        await Eventually.Mutual(ada, bo);

        await Visit(desktop, ada);
        await desktop.Fill("Text", Hostile);
        await desktop.Press("Send");
        await desktop.Sees("Delivered to Bo <i>Márquez</i>.");
        Assert.Equal(Hostile, await desktop.Locator("article.sent p").InnerTextAsync());

        await Visit(telephone, bo);
        Assert.Equal(Hostile, await telephone.Locator("article.received p").InnerTextAsync());
        Assert.Contains("From Ada · 20", await telephone.Locator("article.received footer").InnerTextAsync(), StringComparison.Ordinal);
        await telephone.Follow("Answer");
        await telephone.Fill("Text", "Ahoy!");
        await telephone.Press("Send");
        await telephone.Sees("Delivered to Ada.");
        await desktop.Sees("Ahoy!");

        await bo.Send(new SetVisibility(bo.Id, App, VisibilityMode.None, []));
        await desktop.Fill("Text", "Are you there?");
        await desktop.Press("Send");
        await desktop.GetByRole(AriaRole.Alert).GetByText("Bo <i>Márquez</i> does not let you write to their Postcards.").WaitForAsync();
        Assert.Equal("Are you there?", await desktop.GetByLabel("Text").InputValueAsync());
        var german = await Browsing.Owner(ada, language: "de-CH");
        await Visit(german, ada);
        await german.Fill("Text", "Bist du da?");
        bo.Down = true;
        for (var tries = 0; tries < 2; tries++)
        {
            await german.Press("Senden");
            await german.GetByRole(AriaRole.Alert).GetByText("Das Portal von Bo <i>Márquez</i> ist nicht erreichbar.").WaitForAsync();
        }

        Assert.Equal("de", await german.Locator("html").GetAttributeAsync("lang"));
        Assert.Equal(2, await desktop.Locator("article").CountAsync());

        foreach (var page in new[] { desktop, german, telephone })
            Assert.DoesNotContain(await page.EvaluateAsync<string[]>(Check), fault => !fault.StartsWith("drawing", StringComparison.Ordinal));
        await desktop.Follow("← Your Portal");
        await desktop.WaitForURLAsync($"https://{ada.Domain}/home");
        Assert.Empty(Browsing.Complaints());
    }

    internal static async Task<PostcardsProcess> Install(LivePortal portal)
    {
        await portal.Send(new RegisterApp(portal.Id, App, PostcardsProcess.Description));
        await portal.Send(new SetVisibility(portal.Id, App, VisibilityMode.All, []));
        var postcards = await PostcardsProcess.Start(portal.Internal, await portal.Send(new IssueAppToken(portal.Id, App)));
        portal.UsesGateway = true;
        portal.Serve(new Dictionary<string, string> { [App] = new Uri(postcards.Address).Authority });
        return postcards;
    }

    private static Task<IResponse?> Visit(IPage page, LivePortal portal) => page.GotoAsync($"https://{App}.{portal.Domain}/");
}
