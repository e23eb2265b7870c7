using System.Collections.Concurrent;
using System.Net;
using Microsoft.Playwright;
using PeerRegistry.Api.OpenApi;
using PeerRegistry.Api.Tests.Common;

namespace PeerRegistry.Api.Tests.Pages;

/// <summary>The page on which the owner reads and tries the API.</summary>
[Collection(nameof(Browsing))]
public sealed class ApiPageTests(Browsing browsing) : BrowserTests(browsing)
{
    [Fact]
    public async Task The_owner_reads_and_tries_the_API_and_nothing_is_fetched_from_elsewhere()
    {
        var portal = (await Browsing.Furnished()).Portal;
        var owner = await Browsing.Owner(portal);
        var elsewhere = new ConcurrentBag<string>();
        owner.Request += (_, request) =>
        {
            if (new Uri(request.Url) is { Scheme: "http" or "https" or "ws" or "wss" } url && url.Host != portal.Domain)
                elsewhere.Add(request.Url);
        };
        await owner.Open(portal, "/apps");
        Browsing.Complaints();
        await owner.Follow("The API");
        await owner.GetByText("PeerRegistry, edge listener").First.WaitForAsync();

        await owner.Open(portal, $"{ApiPage.Path}#tag/devices/GET/core/public/meta/whoami");
        await owner.ReloadAsync();
        await owner.GetByRole(AriaRole.Button, new() { Name = "get /core/public/meta/whoami" }).First.ClickAsync();
        var tried = owner.WaitForResponseAsync("**/core/public/meta/whoami");
        await owner.GetByRole(AriaRole.Button, new() { Name = "Send" }).First.ClickAsync();
        Assert.Contains("terminal", await (await tried).TextAsync(), StringComparison.Ordinal);

        Assert.Empty(elsewhere);
        Assert.Empty(Browsing.Complaints());
    }

    [Fact]
    public async Task Nobody_else_reads_it()
    {
        var portal = (await Browsing.Furnished()).Portal;
        using var anybody = portal.Zone.Client();
        foreach (var path in new[] { "", "/scalar.js" })
            Assert.Equal(HttpStatusCode.Unauthorized, (await anybody.Get($"https://{portal.Domain}{ApiPage.Path}{path}")).Status);
    }
}
