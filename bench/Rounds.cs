using System.Globalization;

namespace PeerRegistry.Bench;

/// <summary>Measures a candidate against a baseline in the same run, so that the machine's own pace cancels out.</summary>
internal static class Rounds
{
    private const double Steady = 0.20;

    /// <summary>
    /// Alternates the two after one unmeasured round each, and prints the median of the ratios and how far the rounds lie apart. A
    /// baseline whose rounds differ by more than a fifth proves nothing: it prints <c>unsteady</c>, which is no pass.
    /// </summary>
    /// <param name="baseline">One round; returns what it did per second.</param>
    /// <param name="target">Least ratio of candidate to baseline.</param>
    public static async Task<bool> Compare(string name, Func<Task<double>> baseline, Func<Task<double>> candidate, double target, int rounds = 5)
    {
        await baseline();
        await candidate();
        var rates = new List<(double Baseline, double Candidate)>();
        for (var i = 0; i < rounds; i++)
            rates.Add((await baseline(), await candidate()));

        var ratio = Median(rates.Select(r => r.Candidate / r.Baseline));
        var bases = rates.Select(r => r.Baseline).ToList();
        var spread = (bases.Max() - bases.Min()) / Median(bases);
        var verdict = spread > Steady ? "unsteady" : ratio >= target ? "pass" : "FAIL";
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: baseline {Median(bases):N0}/s (spread {spread:P0}), candidate {Median(rates.Select(r => r.Candidate)):N0}/s, ratio {ratio:F2} of at least {target:F2}: {verdict}"));
        return verdict == "pass";
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }
}
