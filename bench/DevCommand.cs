using System.Diagnostics;
using System.Globalization;

namespace PeerRegistry.Bench;

/// <summary>What an author of an app waits for at <c>./run dev</c>, when everything is built: two registries start, become peers and have the app.</summary>
internal static class DevCommand
{
    private const int Starts = 3;
    private const double ReadyWithin = 10; // seconds

    private static readonly string Run = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../run"));

    public static async Task<bool> Measure()
    {
        var folder = Directory.CreateTempSubdirectory("peerregistry-bench-").FullName;
        try
        {
            using (var scaffold = Process.Start(new ProcessStartInfo(Run, ["new", "python", "hello"]) { WorkingDirectory = folder, RedirectStandardOutput = true })!)
                await scaffold.WaitForExitAsync();
            await Start(folder); // builds, if something has changed
            var seconds = new List<double>();
            for (var i = 0; i < Starts; i++)
                seconds.Add(await Start(folder));

            var ready = Rounds.Median(seconds);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"./run dev: both links after {ready:N1} s (at most {seconds.Max():N1}) of {ReadyWithin:N0} allowed: {(ready <= ReadyWithin ? "pass" : "FAIL")}"));
            return ready <= ReadyWithin;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <returns>Seconds until the links are printed.</returns>
    private static async Task<double> Start(string folder)
    {
        var began = Stopwatch.GetTimestamp();
        using var dev = Process.Start(new ProcessStartInfo(Run, ["dev", "hello"]) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
        while (await dev.StandardOutput.ReadLineAsync() is { } line && !line.StartsWith("READY ", StringComparison.Ordinal))
            continue;
        var took = Stopwatch.GetElapsedTime(began);
        using (var interrupt = Process.Start("/bin/sh", ["-c", $"kill -INT {dev.Id}"]))
            await interrupt.WaitForExitAsync();
        await dev.StandardOutput.ReadToEndAsync();
        await dev.WaitForExitAsync();
        return took.TotalSeconds;
    }
}
