using System.Diagnostics;
using System.Globalization;

namespace PeerRegistry.Bench;

/// <param name="Rate">Answers a second.</param>
/// <param name="P99">Milliseconds.</param>
internal readonly record struct Loaded(double Rate, double P99);

/// <summary>wrk, with requests from a file, byte for byte and in order.</summary>
/// <param name="folder">For files.</param>
internal sealed class Load(string folder)
{
    public const int Connections = 64;
    private int files;

    /// <returns>The file's path.</returns>
    public string Write(IEnumerable<string> requests)
    {
        var path = Path.Combine(folder, $"requests{files++}");
        using var file = new StreamWriter(path);
        foreach (var request in requests)
        {
            file.Write(request);
            file.Write('\0');
        }

        return path;
    }

    /// <param name="pause">Milliseconds between an answer and the next request on its connection.</param>
    public async Task<Loaded> Run(string url, string requests, int pause = 0)
    {
        var script = Path.Combine(folder, "load.lua");
        await File.WriteAllTextAsync(script,
            $$"""
            local requests, next = {}, 0
            for each in io.open("{{requests}}", "rb"):read("*a"):gmatch("([^%z]+)%z") do requests[#requests + 1] = each end
            request = function() next = next % #requests + 1; return requests[next] end
            {{(pause > 0 ? string.Create(CultureInfo.InvariantCulture, $"delay = function() return {pause} end") : "")}}
            done = function(summary, latency)
              local e = summary.errors
              io.write(string.format("RESULT %d %d %f %d\n", summary.requests, summary.duration, latency:percentile(99), e.status + e.connect + e.read + e.write + e.timeout))
            end
            """);
        using var wrk = Process.Start(new ProcessStartInfo("wrk", ["-t1", $"-c{Connections}", "-d2s", "-s", script, url + "/internal/auth"])
            {
                RedirectStandardOutput = true,
            })
            ?? throw new InvalidOperationException("wrk did not start.");
        var said = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();
        var result = said.Split('\n').Single(line => line.StartsWith("RESULT ", StringComparison.Ordinal)).Split(' ');
        var number = result[1..].Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        return number[3] == 0
            ? new Loaded(number[0] / number[1] * 1e6, number[2] / 1000)
            : throw new InvalidOperationException($"{number[3]:N0} of {number[0]:N0} were not answered with 200.");
    }
}
