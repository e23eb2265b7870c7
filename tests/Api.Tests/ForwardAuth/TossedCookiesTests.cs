using System.Text;
using Microsoft.AspNetCore.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Pages;
using PeerRegistry.Application.Apps;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>The page of one app fills the owner's browser with cookies for the whole domain of the Portal.</summary>
[Collection(nameof(Browsing))]
public sealed class TossedCookiesTests(Browsing browsing) : BrowserTests(browsing)
{
    [Fact]
    public async Task The_owner_still_reaches_the_core_and_every_app()
    {
        var portal = await Browsing.Move("Ada");
        foreach (var app in new[] { "evil", "notes" })
        {
            await portal.Send(new RegisterApp(portal.Id, app, Encoding.UTF8.GetBytes(
                """{"v":"1.0","name":"APP","paths":{"":{"access":"private"}}}""".Replace("APP", app, StringComparison.Ordinal))));
        }

        portal.Apps["evil"] = context => Html(context, $$"""
            <script>for (let i = 0; i < 12; i++) document.cookie = `tossed${i}=${"x".repeat(4000)}; domain={{portal.Domain}}; path=/; secure`;</script>
            """);
        portal.Apps["notes"] = context => Html(context, "my notes");
        var page = await Browsing.Owner(portal);
        await page.GotoAsync($"https://evil.{portal.Domain}/");
        Assert.Equal(12, (await page.EvaluateAsync<string>("document.cookie")).Split(';').Length);

        Assert.Equal(200, (await page.Open(portal, "/home"))!.Status);

        Assert.Equal(431, (await page.GotoAsync($"https://notes.{portal.Domain}/today"))!.Status);
        await page.Sees("Your browser sent too many cookies");
        await page.Follow("Try again");
        await page.Sees("my notes");
        Assert.Equal($"https://notes.{portal.Domain}/today", page.Url);
        Assert.Equal(200, (await page.Open(portal, "/home"))!.Status); // still paired
    }

    private static Task Html(HttpContext context, string body)
    {
        context.Response.ContentType = "text/html";
        // Without an icon of its own, the browser would ask for one, and that answer would delete the cookies already.
        return context.Response.WriteAsync($"<!DOCTYPE html><title>app</title><link rel=icon href=data:,><body>{body}");
    }
}
