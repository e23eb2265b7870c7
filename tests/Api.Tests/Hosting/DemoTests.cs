using System.Globalization;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace PeerRegistry.Api.Tests.Hosting;

/// <summary>The main job, end to end, as <c>./run demo</c> shows it: two registries, two Caddys, two apps, eleven processes.</summary>
public sealed class DemoTests
{
    /// <summary>The second way only with <c>./test --long</c>; what holds on both is in the tests of ForwardAuth.</summary>
    public static TheoryData<string> Ways =>
        System.Environment.GetEnvironmentVariable("PEERREGISTRY_LONG") == "1" ? ["", "--forward-auth"] : [""];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Every_step_of_the_demo_holds_and_Ctrl_C_leaves_nothing_behind(string way)
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

        var folder = Assert.Single(Directory.GetDirectories(temporary.Directory));
        Assert.NotEmpty(ProcessesOf(folder));
        using (var interrupt = Process.Start("/bin/sh", ["-c", $"kill -INT {demo.Id}"]))
            await interrupt.WaitForExitAsync();
        await demo.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(0, demo.ExitCode);
        Assert.False(Directory.Exists(folder));
        Assert.Empty(ProcessesOf(folder));
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
}
