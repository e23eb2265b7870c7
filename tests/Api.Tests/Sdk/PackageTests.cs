using System.Diagnostics;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using PeerRegistry.Api.Tests.Common;

namespace PeerRegistry.Api.Tests.Sdk;

/// <summary>The packages that every build makes of <c>sdk/dotnet</c>.</summary>
public sealed class PackageTests
{
    private static readonly string Sdk = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "../../../sdk/dotnet"));
    private static readonly string Built = Path.GetFileName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)))!;

    [Theory]
    [InlineData("PeerRegistry.Client", "lib/net10.0/PeerRegistry.Client.dll lib/net10.0/PeerRegistry.Client.xml")]
    [InlineData("PeerRegistry.Fake", "lib/net10.0/PeerRegistry.Domain.dll lib/net10.0/PeerRegistry.Fake.dll lib/net10.0/PeerRegistry.Fake.xml")]
    [InlineData("PeerRegistry.Fake.Tool",
        "tools/net10.0/any/DotnetToolSettings.xml tools/net10.0/any/PeerRegistry.Domain.dll tools/net10.0/any/PeerRegistry.Fake.Tool.dll tools/net10.0/any/PeerRegistry.Fake.dll")]
    public void A_package_has_what_it_needs_and_depends_on_no_other(string name, string files)
    {
        using var package = ZipFile.OpenRead(Path.Combine(Sdk, name, "bin", Built, $"{name}.1.0.0.nupkg"));
        var entries = package.Entries.Select(entry => entry.FullName).ToList();
        Assert.All(["README.md", "LICENSE", .. files.Split(' ')], file => Assert.Contains(file, entries));
        Assert.DoesNotContain(entries, entry => entry.Contains("Marten", StringComparison.Ordinal) || entry.Contains("Npgsql", StringComparison.Ordinal));

        using var description = new StreamReader(package.GetEntry($"{name}.nuspec")!.Open());
        var nuspec = description.ReadToEnd();
        Assert.DoesNotContain("<dependency ", nuspec, StringComparison.Ordinal);
        Assert.Contains("<readme>README.md</readme>", nuspec, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_says_what_an_app_needs_and_ends_when_it_is_told_to()
    {
        var program = Path.Combine(Sdk, "PeerRegistry.Fake.Tool/bin", Built, "net10.0/PeerRegistry.Fake.Tool.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, "--peer", "Ben", "--token", "t"]) { RedirectStandardOutput = true })!;
        try
        {
            var line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            Assert.Matches("^PORTAL_CORE_URL=http://127.0.0.1:[0-9]+ PORTAL_APP_TOKEN=t$", line);
            using var client = new HttpClient { BaseAddress = new Uri(line!.Split('=', ' ')[1]) };
            Assert.Equal("Ben", (await client.Get("/protected/peers", HttpCalls.Bearer("t"))).Json[0].GetProperty("name").GetString());

            using var stop = Process.Start("/bin/sh", ["-c", $"kill -TERM {process.Id}"]);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            process.Kill();
        }
    }

    [Theory]
    [InlineData("--odd", "1")]
    [InlineData("--port")]
    [InlineData("--port", "x")]
    [InlineData("--app-meta", "/nowhere/app_meta.json")]
    public async Task The_command_explains_itself(params string[] arguments)
    {
        var program = Path.Combine(Sdk, "PeerRegistry.Fake.Tool/bin", Built, "net10.0/PeerRegistry.Fake.Tool.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardError = true })!;
        Assert.Contains("peerregistry-fake [--port N]", await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, process.ExitCode);
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
