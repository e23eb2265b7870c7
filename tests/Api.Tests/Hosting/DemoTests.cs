using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace PeerRegistry.Api.Tests.Hosting;

/// <summary>The main job, end to end, as <c>./run demo</c> shows it, and as a newcomer goes on in a browser that trusts only what every browser does.</summary>
public sealed partial class DemoTests
{
    /// <summary>The second way only with <c>./test --long</c>; what holds on both is in the tests of ForwardAuth.</summary>
    public static TheoryData<string> Ways =>
        System.Environment.GetEnvironmentVariable("PEERREGISTRY_LONG") == "1" ? ["", "--forward-auth"] : [""];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Every_step_of_the_demo_holds_the_links_work_and_Ctrl_C_leaves_nothing_behind(string way)
    {
        using var temporary = new TemporaryData();
        var start = new ProcessStartInfo("dotnet", way.Length == 0 ? [Program()] : [Program(), way])
        {
            RedirectStandardOutput = true, Environment = { ["TMPDIR"] = temporary.Directory },
        };
        using var demo = Process.Start(start)!;
        var said = new List<string>();
        while (await demo.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2)) is { } line && !line.StartsWith("Ctrl-C", StringComparison.Ordinal))
            said.Add(line);
        Assert.True(said.Contains("Every step held."), string.Join('\n', said));

        var page = StartPage().Match(string.Join('\n', said)).Value;
        await Leads_nobody_who_comes_from_another_site(page);
        if (way.Length == 0)
            Assert.Empty(await CertificateWarningsOfANewcomer(page));

        var folder = Assert.Single(Directory.GetDirectories(temporary.Directory), each => each.Contains("demo", StringComparison.Ordinal));
        Assert.NotEmpty(ProcessesOf(folder));
        using (var interrupt = Process.Start("/bin/sh", ["-c", $"kill -INT {demo.Id}"]))
            await interrupt.WaitForExitAsync();
        await demo.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(0, demo.ExitCode);
        Assert.False(Directory.Exists(folder));
        Assert.Empty(ProcessesOf(folder));
    }

    private static async Task Leads_nobody_who_comes_from_another_site(string page)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(page) };
        Assert.Equal((HttpStatusCode.Redirect, true), await Ask("anna"));
        Assert.NotEqual(await Link("anna"), await Link("anna"));
        Assert.Equal((HttpStatusCode.Forbidden, false), await Ask("anna", ("Sec-Fetch-Site", "cross-site")));
        Assert.Equal((HttpStatusCode.Forbidden, false), await Ask("anna", ("Origin", "http://evil.test")));
        Assert.Equal((HttpStatusCode.Forbidden, false), await Ask("", ("Host", $"evil.test:{http.BaseAddress!.Port}")));

        async Task<string> Link(string path)
        {
            using var answer = await http.GetAsync(path);
            return answer.Headers.Location!.OriginalString;
        }

        async Task<(HttpStatusCode, bool Leads)> Ask(string path, params (string Name, string Value)[] headers)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            foreach (var (name, value) in headers)
                request.Headers.TryAddWithoutValidation(name, value);
            using var answer = await http.SendAsync(request);
            return (answer.StatusCode, answer.Headers.Location is not null);
        }
    }

    /// <summary>Pairs with both Portals and sends a postcard from one to the other, in one browser.</summary>
    /// <returns>The requests that failed on their certificate: each of them is a warning that covers the page.</returns>
    private static async Task<List<string>> CertificateWarningsOfANewcomer(string start)
    {
        using var playwright = await Playwright.CreateAsync();
        await using var chromium = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = "/usr/bin/chromium-headless-shell", Args = ["--no-sandbox", "--disable-gpu"],
        });
        var page = await chromium.NewPageAsync();
        var warnings = new List<string>();
        page.RequestFailed += (_, request) =>
        {
            if (request.Failure?.Contains("ERR_CERT", StringComparison.Ordinal) == true)
                warnings.Add($"{request.Url}: {request.Failure}");
        };
        foreach (var name in new[] { "Anna", "Ben" })
        {
            await page.GotoAsync(start);
            await page.GetByRole(AriaRole.Link, new() { Name = $"Make this browser {name}'s device" }).ClickAsync();
            await page.Locator("main form button").First.ClickAsync();
            await page.WaitForURLAsync("**/home**");
            await page.GotoAsync(start);
            await page.GetByRole(AriaRole.Link, new() { Name = $"{name}'s Postcards" }).ClickAsync();
            await page.GetByText("Greetings from Anna's garden.").WaitForAsync();
            await page.Locator("#text").FillAsync("Sent in a browser.");
            await page.GetByRole(AriaRole.Button, new() { Name = "Send" }).ClickAsync();
            await page.Locator("article.sent").GetByText("Sent in a browser.").WaitForAsync();
            await page.GetByRole(AriaRole.Link, new() { Name = "Your Portal" }).ClickAsync();
            await page.WaitForURLAsync("**/home");
        }

        return warnings;
    }

    /// <summary>By their settings: every one of them was told where its files are.</summary>
    private static List<string> ProcessesOf(string folder) =>
    [
        .. Directory.GetDirectories("/proc")
        .Where(process => int.TryParse(Path.GetFileName(process), CultureInfo.InvariantCulture, out _)
            && Environment(process).Contains(folder, StringComparison.Ordinal)),
    ];

    private static string Environment(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "environ"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string Program([CallerFilePath] string here = "")
    {
        var built = Path.GetFileName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)))!;
        return Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, $"../../../samples/Demo/bin/{built}/net10.0/PeerRegistry.Demo.dll"));
    }

    [GeneratedRegex("http://localhost:[0-9]+/(?= in a browser)")]
    private static partial Regex StartPage();
}
