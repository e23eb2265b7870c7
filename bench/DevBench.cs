using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace PeerRegistry.Bench;

/// <summary>What an author of an app waits for: the start of the fake and of <c>./run dev</c>, and what the SDKs add to a call.</summary>
internal sealed class DevBench : IBenchmark
{
    /// <summary>The argument with which this program is nothing but an empty server that says when it is ready.</summary>
    private const string Bare = "bare";

    private const int Starts = 9;
    private const double ReadyWithin = 300; // milliseconds

    public string Name => "dev";

    public async Task<bool> Run(IReadOnlyList<string> args)
    {
        if (args is not [Bare])
            return await MeasureStart() & await SdkOverhead.Measure() & await DevCommand.Measure();
        await ServeNothing();
        return true;
    }

    private static async Task<bool> MeasureStart()
    {
        string[] bare = [typeof(DevBench).Assembly.Location, "dev", Bare];
        string[] fake = [Path.Combine(AppContext.BaseDirectory, "PeerRegistry.Fake.Tool.dll")];
        await Start(bare);
        await Start(fake);
        var rounds = new List<(double Bare, double Fake)>();
        for (var i = 0; i < Starts; i++)
            rounds.Add((await Start(bare), await Start(fake)));

        var ready = Rounds.Median(rounds.Select(round => round.Fake));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"start: bare Kestrel {Rounds.Median(rounds.Select(round => round.Bare)):N0} ms, peerregistry-fake {ready:N0} ms (at most {rounds.Max(round => round.Fake):N0}) of {ReadyWithin:N0} allowed, ratio {Rounds.Median(rounds.Select(round => round.Fake / round.Bare)):F2}: {(ready <= ReadyWithin ? "pass" : "FAIL")}"));
        return ready <= ReadyWithin;
    }

    /// <returns>Milliseconds from the start of the process to its first line.</returns>
    private static async Task<double> Start(string[] program)
    {
        var began = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo("dotnet", program) { RedirectStandardOutput = true })!;
        await process.StandardOutput.ReadLineAsync();
        var took = Stopwatch.GetElapsedTime(began);
        process.Kill();
        await process.WaitForExitAsync();
        return took.TotalMilliseconds;
    }

    private static async Task ServeNothing()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using var host = builder.Build();
        await host.StartAsync();
        await Console.Out.WriteLineAsync(host.Urls.First());
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System);
    }
}
