using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Playwright;
using PeerRegistry.Api.ForwardAuth.ProxyConfig;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Api.Tests.ForwardAuth;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.Peers;
using PeerRegistry.Application.Devices;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Pages;

/// <summary>The stream that open pages follow, behind the printed configuration of a real proxy, and in a real browser.</summary>
[Collection(nameof(Browsing))]
public sealed class LiveStreamTests(TestPostgres postgres) : IAsyncLifetime
{
    private static readonly TimeSpan Never = TimeSpan.FromHours(1);

    private readonly List<IRequest> connections = [];
    private Neighbourhood zone = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => zone = await Neighbourhood.Start(postgres);

    public async ValueTask DisposeAsync() => await zone.DisposeAsync();

    [Theory]
    [InlineData("caddy")]
    [InlineData("nginx")]
    public async Task The_head_comes_at_once_and_comments_keep_a_silent_stream_alive(string program)
    {
        var ada = await Ada(TimeSpan.FromMilliseconds(300));
        await using var rig = await LiveProxyRig.Start(program, ada, "none", "http://127.0.0.1:9");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{ada.Domain}/live?seen={ada.Services.GetRequiredService<IPortalChanges>().Mark(ada.Id)}");
        using var owner = await ada.Owner();
        request.Headers.Authorization = owner.DefaultRequestHeaders.Authorization;
        using var answer = await rig.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Stop).WaitAsync(TimeSpan.FromSeconds(10), Stop);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));

        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(Stop));
        Assert.Equal("retry: 1000", await lines.ReadLineAsync(Stop).AsTask().WaitAsync(TimeSpan.FromSeconds(10), Stop));
        for (var comments = 0; comments < 2;)
            comments += await lines.ReadLineAsync(Stop).AsTask().WaitAsync(TimeSpan.FromSeconds(10), Stop) == ":" ? 1 : 0;
    }

    [Fact]
    public void Three_comments_may_be_late_before_a_proxy_gives_up() =>
        Assert.True(3 * EventStream.LongestSilence < TimeSpan.FromSeconds(ProxySetup.CoreSeconds));

    [Fact]
    public async Task The_stream_ends_when_its_device_is_revoked_and_when_the_registry_stops()
    {
        var ada = await Ada(Never);
        using var owner = await ada.Owner("Laptop");
        using var other = await ada.Owner("Phone");
        var laptop = ada.Snapshot.Devices.Values.Single(device => device.Name == "Laptop").Id;
        var (first, second) = (await Lines(ada, owner), await Lines(ada, other));
        await ada.Send(new RevokeDevice(ada.Id, laptop));
        await first.ReadToEndAsync(Stop).WaitAsync(TimeSpan.FromSeconds(10), Stop);

        ada.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await second.ReadToEndAsync(Stop).WaitAsync(TimeSpan.FromSeconds(10), Stop);
    }

    [Fact]
    public async Task A_browser_that_was_idle_behind_nginx_sees_the_next_event_on_the_same_connection()
    {
        var isLong = Environment.GetEnvironmentVariable("PEERREGISTRY_LONG") == "1";
        var ada = await Ada(isLong ? null : TimeSpan.FromSeconds(1));
        await using var rig = await LiveProxyRig.Start("nginx", ada, "none", "http://127.0.0.1:9", text => isLong ? text : WithTimeout(text, "6s"));
        await using var browser = await Browser.Start(rig.Port);
        var page = await OpenHistory(browser, ada);

        await Task.Delay(TimeSpan.FromSeconds(isLong ? 70 : 10), TimeProvider.System, Stop);
        await Rename(ada, "Ada the Second");
        await page.GetByText("changed the profile of").WaitForAsync();
        Assert.Single(connections);
    }

    [Fact]
    public async Task A_browser_whose_connection_breaks_comes_back_and_misses_nothing()
    {
        var ada = await Ada(Never);
        await using var rig = await LiveProxyRig.Start("nginx", ada, "none", "http://127.0.0.1:9");
        await using var relay = new Relay(rig.Port);
        await using var browser = await Browser.Start(relay.Port);
        var page = await OpenHistory(browser, ada);
        var entries = page.Locator(".timeline li");
        var before = await entries.CountAsync();
        for (var cut = 1; cut <= 3; cut++)
        {
            await Rename(ada, $"Ada {cut}");
            await Eventually.Holds(async () => await entries.CountAsync() == before + (3 * cut) - 2);
            relay.Cut();
            await Rename(ada, $"Ada {cut} while nobody listens");
            await Rename(ada, $"Ada {cut} while nobody listens, once more");
            await Eventually.Holds(async () => await entries.CountAsync() == before + (3 * cut));
        }

        Assert.Equal(4, connections.Count);
        foreach (var again in connections.Skip(1))
            Assert.NotNull(await again.HeaderValueAsync("last-event-id").WaitAsync(TimeSpan.FromSeconds(10), Stop));
    }

    [Fact]
    public async Task A_browser_comes_back_after_a_proxy_answered_with_an_error()
    {
        var ada = await Ada(Never);
        await using var rig = await LiveProxyRig.Start("nginx", ada, "none", "http://127.0.0.1:9");
        await using var relay = new Relay(rig.Port);
        await using var browser = await Browser.Start(relay.Port);
        var page = await OpenHistory(browser, ada);
        await Rename(ada, "Ada the Second");
        await page.GetByText("changed the profile of").WaitForAsync();

        var asked = 0;
        await page.RouteAsync("**/live?**", route => Interlocked.Increment(ref asked) > 2
            ? route.ContinueAsync()
            : route.FulfillAsync(new RouteFulfillOptions { Status = 502 }));
        relay.Cut();
        await Rename(ada, "Ada the Third");
        await Eventually.Holds(async () => await page.GetByText("changed the profile of").CountAsync() == 2);
        Assert.Equal(3, asked);
    }

    /// <param name="silence">The longest time between two comments. Null: as in production.</param>
    private Task<LivePortal> Ada(TimeSpan? silence) => zone.Move("Ada", services => services.AddSingleton(provider => new LiveStream(
        provider.GetRequiredService<IPortalChanges>(), provider.GetRequiredService<IPortalSnapshots>(), provider.GetRequiredService<TimeProvider>(),
        provider.GetRequiredService<IHostApplicationLifetime>(), silence)));

    private static string WithTimeout(string configuration, string time)
    {
        var (printed, shorter) = ($"proxy_read_timeout {ProxySetup.CoreSeconds}s;", $"proxy_read_timeout {time};");
        Assert.Contains(printed, configuration, StringComparison.Ordinal);
        return configuration.Replace(printed, shorter, StringComparison.Ordinal);
    }

    private static async Task<StreamReader> Lines(LivePortal portal, HttpClient owner)
    {
        var answer = await owner.GetAsync($"https://{portal.Domain}/live?seen=nothing", HttpCompletionOption.ResponseHeadersRead, Stop);
        return new StreamReader(await answer.Content.ReadAsStreamAsync(Stop));
    }

    private static async Task Rename(LivePortal portal, string name) => await portal.Send(new EditProfile(portal.Id, name, null, null, false));

    private async Task<IPage> OpenHistory(Browser browser, LivePortal portal)
    {
        var page = await browser.Page();
        var code = await portal.Send(new CreatePairingCode(portal.Id));
        await page.Open(portal, code.Path);
        await page.Press("Pair this browser");
        await page.WaitForURLAsync("**/home**");
        page.Request += (_, request) =>
        {
            if (request.Url.Contains("/live?", StringComparison.Ordinal) && request.Headers["referer"].EndsWith("/history", StringComparison.Ordinal))
                connections.Add(request);
        };
        await page.Open(portal, "/history");
        await Eventually.Holds(() => Task.FromResult(connections.Count == 1));
        return page;
    }

    /// <summary>Carries bytes between a browser and a proxy until it is told to cut.</summary>
    private sealed class Relay : IAsyncDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly ConcurrentBag<TcpClient> open = [];
        private readonly Task accepting;

        public Relay(int to)
        {
            listener.Start();
            accepting = Accept(to);
        }

        public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

        public void Cut()
        {
            while (open.TryTake(out var connection))
                connection.Dispose();
        }

        public async ValueTask DisposeAsync()
        {
            listener.Dispose();
            Cut();
            await accepting;
        }

        private async Task Accept(int to)
        {
            try
            {
                while (true)
                {
                    var (caller, proxy) = (await listener.AcceptTcpClientAsync(), new TcpClient());
                    open.Add(caller);
                    open.Add(proxy);
                    await proxy.ConnectAsync(IPAddress.Loopback, to);
                    _ = Pump(caller, proxy);
                    _ = Pump(proxy, caller);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // the end of the test
            }
        }

        private static async Task Pump(TcpClient from, TcpClient to)
        {
            try
            {
                await from.GetStream().CopyToAsync(to.GetStream());
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
            {
                // cut
            }
            finally
            {
                from.Dispose();
                to.Dispose();
            }
        }
    }

    /// <summary>The distribution's Chromium, for which every name of the zone leads to one proxy.</summary>
    private sealed class Browser(IPlaywright playwright, IBrowser chromium) : IAsyncDisposable
    {
        public static async Task<Browser> Start(int port)
        {
            var playwright = await Playwright.CreateAsync();
            return new Browser(playwright, await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
            {
                ExecutablePath = "/usr/bin/chromium-headless-shell",
                Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                    $"--host-resolver-rules=MAP *.{Neighbourhood.Zone} 127.0.0.1:{port}"],
            }));
        }

        public async Task<IPage> Page()
        {
            var context = await chromium.NewContextAsync(new BrowserNewContextOptions { IgnoreHTTPSErrors = true });
            context.SetDefaultTimeout(15_000);
            return await context.NewPageAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await chromium.CloseAsync();
            playwright.Dispose();
        }
    }
}
