using System.Collections.Concurrent;
using Microsoft.Playwright;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Application.Devices;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Pages;

/// <summary>Tests with a browser take turns: they share one, and its complaints.</summary>
[CollectionDefinition(nameof(Browsing))]
public sealed class BrowsingTests : ICollectionFixture<Browsing>;

/// <summary>Tests with a browser. What a test has opened is closed after it, or every page and Portal would go on working beside the later tests.</summary>
public abstract class BrowserTests(Browsing browsing) : IAsyncDisposable
{
    protected Browsing Browsing => browsing;

    public async ValueTask DisposeAsync()
    {
        await browsing.EndOfTest();
        GC.SuppressFinalize(this);
    }
}

/// <summary>A neighbourhood of live Portals and the distribution's Chromium, which finds every name of the zone at its front.</summary>
public sealed class Browsing(TestPostgres postgres) : IAsyncDisposable
{
    private static readonly string[] Switches =
    [
        "--no-sandbox", "--disable-gpu", "--ignore-certificate-errors", // else no service worker is installed
        "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    private readonly SemaphoreSlim starting = new(1);
    private readonly ConcurrentBag<string> complaints = [];
    private readonly List<IBrowserContext> opened = [];
    private readonly List<LivePortal> moved = [];
    private EveryPage? furnished;
    private Neighbourhood? zone;
    private IPlaywright? playwright;
    private IBrowser? chromium;

    /// <summary>What scripts and policies complained of since the last time this was asked.</summary>
    internal IReadOnlyList<string> Complaints()
    {
        var found = complaints.ToList();
        complaints.Clear();
        return found;
    }

    /// <summary>One for all tests that only look.</summary>
    internal async Task<EveryPage> Furnished()
    {
        if (furnished is null)
        {
            var others = moved.ToList();
            furnished = await EveryPage.Furnish(this, EveryPage.Words.Plain);
            moved.Clear();
            moved.AddRange(others);
        }

        return furnished;
    }

    internal async Task<LivePortal> Move(string name)
    {
        var portal = await (await Start()).Move(name);
        moved.Add(portal);
        return portal;
    }

    internal async Task EndOfTest()
    {
        foreach (var context in opened)
            await context.CloseAsync();
        foreach (var portal in moved)
            await portal.DisposeAsync();
        opened.Clear();
        moved.Clear();
        complaints.Clear();
    }

    /// <summary>A browser that no Portal knows.</summary>
    internal async Task<IPage> Anybody(
        bool scripts = true, ColorScheme scheme = ColorScheme.Light, int width = 1200, string language = "en-GB", bool worker = false)
    {
        await Start();
        var context = await chromium!.NewContextAsync(new BrowserNewContextOptions
        {
            IgnoreHTTPSErrors = true,
            JavaScriptEnabled = scripts,
            ColorScheme = scheme,
            Locale = language,
            ServiceWorkers = worker ? ServiceWorkerPolicy.Allow : ServiceWorkerPolicy.Block,
            ReducedMotion = ReducedMotion.Reduce,
            ViewportSize = new ViewportSize { Width = width, Height = 800 },
        });
        opened.Add(context);
        context.SetDefaultTimeout(15_000);
        var page = await context.NewPageAsync();
        page.PageError += (_, error) => complaints.Add(error);
        page.Dialog += (_, dialog) =>
        {
            complaints.Add($"A dialog: {dialog.Message}");
            _ = dialog.DismissAsync();
        };
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
                complaints.Add(message.Text);
        };
        return page;
    }

    /// <summary>A browser of the owner, paired through the page, on Home.</summary>
    internal async Task<IPage> Owner(
        LivePortal portal, bool scripts = true, ColorScheme scheme = ColorScheme.Light, int width = 1200, string language = "en-GB",
        bool worker = false)
    {
        var page = await Anybody(scripts, scheme, width, language, worker);
        var code = await portal.Send(new CreatePairingCode(portal.Id));
        await page.GotoAsync($"https://{portal.Domain}{code.Path}");
        await page.Locator("#pair button").ClickAsync();
        await page.WaitForURLAsync("**/home**");
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        if (chromium is not null)
            await chromium.CloseAsync();
        playwright?.Dispose();
        if (zone is not null)
            await zone.DisposeAsync();
        starting.Dispose();
    }

    /// <summary>Only once a test asks for it: most do not.</summary>
    private async Task<Neighbourhood> Start()
    {
        await starting.WaitAsync();
        try
        {
            zone ??= await Neighbourhood.Start(postgres);
            playwright ??= await Playwright.CreateAsync();
            chromium ??= await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
            {
                ExecutablePath = "/usr/bin/chromium-headless-shell",
                Args = [.. Switches, $"--host-resolver-rules=MAP *.{Neighbourhood.Zone} {zone.Front}"],
            });
            return zone;
        }
        finally
        {
            starting.Release();
        }
    }
}

internal static class PageSteps
{
    public static Task<IResponse?> Open(this IPage page, LivePortal portal, string path) => page.GotoAsync($"https://{portal.Domain}{path}");

    public static Task Press(this IPage page, string button) => page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();

    public static Task Follow(this IPage page, string link) => page.GetByRole(AriaRole.Link, new() { Name = link, Exact = true }).ClickAsync();

    public static Task Fill(this IPage page, string label, string text) => page.GetByLabel(label, new() { Exact = true }).FillAsync(text);

    /// <summary>On the page of the peers: pastes this, and confirms whose Portal it is.</summary>
    public static async Task AddPeer(this IPage page, string pasted)
    {
        await page.Fill("Their link, address or ID", pasted);
        await page.Ask();
        await page.Press("Add");
    }

    /// <summary>Asks whose Portal the pasted one is. The list below has a button of the same name.</summary>
    public static Task Ask(this IPage page) =>
        page.Locator("#add-peer").GetByRole(AriaRole.Button, new() { Name = "Continue", Exact = true }).ClickAsync();

    /// <summary>Waits until the page shows it, by itself or when it is loaded again.</summary>
    public static async Task Sees(this IPage page, string text, int seconds = 15)
    {
        var start = TimeProvider.System.GetTimestamp();
        for (var looks = 1; !(await page.Locator("body").InnerTextAsync()).Contains(text, StringComparison.Ordinal); looks++)
        {
            if (TimeProvider.System.GetElapsedTime(start).TotalSeconds > seconds)
                Assert.Fail($"{page.Url} does not say '{text}' but:\n{await page.Locator("body").InnerTextAsync()}");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            if (looks % 5 == 0)
                await page.ReloadAsync();
        }
    }
}
