using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Pages;
using PeerRegistry.Application.Apps;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>A browser that opens its tabs of yesterday, all at once.</summary>
[Collection(nameof(Browsing))]
public sealed class RestoredTabsTests(Browsing browsing) : BrowserTests(browsing)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Five_tabs_of_one_app_that_open_at_once_all_log_in(bool gateway)
    {
        var portal = await Browsing.Move("Ada");
        await portal.Send(new RegisterApp(portal.Id, "notes", Encoding.UTF8.GetBytes("""{"v":"1.0","name":"notes","paths":{"":{"access":"private"}}}""")));
        await using var app = await PlainHost.Start(context => context.Response.WriteAsync($"note {context.Request.Path}"));
        portal.Apps["notes"] = context => context.Response.WriteAsync($"note {context.Request.Path}");
        portal.Serve(new Dictionary<string, string> { ["notes"] = new Uri(app.Urls.First()).Authority });
        portal.UsesGateway = gateway;
        var context = (await Browsing.Owner(portal)).Context;
        var tabs = new List<IPage>();
        for (var i = 0; i < 5; i++)
            tabs.Add(await context.NewPageAsync());

        await Task.WhenAll(tabs.Select((tab, i) => tab.GotoAsync($"https://notes.{portal.Domain}/{i}")));

        for (var i = 0; i < 5; i++)
            Assert.Equal(($"https://notes.{portal.Domain}/{i}", $"note /{i}"), (tabs[i].Url, await tabs[i].Locator("body").InnerTextAsync()));
    }
}
