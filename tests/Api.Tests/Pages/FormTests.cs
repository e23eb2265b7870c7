using System.Net;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Devices;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Pages;

/// <summary>Forms do what they do only for pages of this Portal.</summary>
public sealed partial class FormTests(TestPostgres postgres)
{
    [Fact]
    public async Task A_form_needs_the_token_of_its_page_and_the_browser_that_got_it()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var portal = await zone.Move("Ada");
        var (one, other) = (await Owner(portal), await Owner(portal));
        var (token, cookie) = await Page(zone, portal, one);

        Assert.Equal(HttpStatusCode.Forbidden, await Save(zone, portal, $"{one}; {cookie}", null));
        Assert.Equal(HttpStatusCode.Forbidden, await Save(zone, portal, $"{one}; {cookie}", "forged"));
        Assert.Equal(HttpStatusCode.Forbidden, await Save(zone, portal, one, token));
        Assert.Equal(HttpStatusCode.Forbidden, await Save(zone, portal, $"{other}; {cookie}", token));
        Assert.Equal(HttpStatusCode.Unauthorized, await Save(zone, portal, cookie, token));
        Assert.Equal("Ada", portal.Snapshot.Portal.Name);
        Assert.Equal(HttpStatusCode.Found, await Save(zone, portal, $"{one}; {cookie}", token));
        Assert.Equal("Changed", portal.Snapshot.Portal.Name);
    }

    [Theory, InlineData("https://evil.test"), InlineData("https://postcards.{domain}"), InlineData("null")]
    public async Task A_form_of_another_origin_is_refused_token_or_not(string origin)
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var portal = await zone.Move("Ada");
        var owner = await Owner(portal);
        var (token, cookie) = await Page(zone, portal, owner);
        Assert.Equal(
            HttpStatusCode.Forbidden,
            await Save(zone, portal, $"{owner}; {cookie}", token, origin.Replace("{domain}", portal.Domain, StringComparison.Ordinal)));
        Assert.Equal("Ada", portal.Snapshot.Portal.Name);
    }

    [Fact]
    public async Task Every_page_that_takes_a_post_takes_it_as_a_checked_form()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var portal = await zone.Move("Ada");
        var pages = portal.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is not null && e.Metadata.GetMetadata<MethodInfo>() is not null)
            .Where(e => e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains("POST") == true)
            .ToList();
        Assert.True(pages.Count >= 20, $"{pages.Count}");
        Assert.All(pages, page => Assert.Contains(page.Metadata.GetMetadata<MethodInfo>()!.GetParameters(), p => p.ParameterType == typeof(PageForm)));
    }

    [Fact]
    public async Task Every_answer_of_the_edge_carries_the_policy()
    {
        await using var zone = await Neighbourhood.Start(postgres);
        var portal = await zone.Move("Ada");
        using var anybody = zone.Client();
        foreach (var path in new[] { "/", "/pair", "/home", "/nothing", "/core/public/meta/whoareyou", "/core/protected/peers" })
        {
            using var answer = await anybody.GetAsync($"https://{portal.Domain}{path}");
            var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
            Assert.StartsWith("default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        }
    }

    private static async Task<string> Owner(LivePortal portal)
    {
        var code = await portal.Send(new CreatePairingCode(portal.Id));
        var device = await portal.Send(new PairDevice(portal.Id, code.Code, "Test"));
        return $"__Host-portal={device.Token}";
    }

    private static async Task<(string Token, string Cookie)> Page(Neighbourhood zone, LivePortal portal, string owner)
    {
        using var client = zone.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{portal.Domain}/profile") { Headers = { { "Cookie", owner } } };
        using var answer = await client.SendAsync(request);
        var cookie = answer.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("__Host-portal-form=", StringComparison.Ordinal));
        Assert.Contains("secure; samesite=strict; httponly", cookie, StringComparison.OrdinalIgnoreCase);
        return (WebUtility.HtmlDecode(Token().Match(await answer.Content.ReadAsStringAsync()).Groups[1].Value), cookie.Split(';')[0]);
    }

    private static async Task<HttpStatusCode> Save(Neighbourhood zone, LivePortal portal, string cookies, string? token, string? origin = null)
    {
        using var client = zone.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"https://{portal.Domain}/profile")
        {
            Headers = { { "Cookie", cookies }, { "Origin", origin ?? $"https://{portal.Domain}" }, { "Accept", "text/html" } },
            Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["name"] = "Changed", ["form_token"] = token ?? "" }),
        };
        using var answer = await client.SendAsync(request);
        return answer.StatusCode;
    }

    [GeneratedRegex("name=\"form_token\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
