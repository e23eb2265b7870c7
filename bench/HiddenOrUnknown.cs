using System.Diagnostics;
using System.Globalization;

namespace PeerRegistry.Bench;

/// <summary>
/// Whether whoever asks can tell by time what the answers do not tell: a peer that the owner hides from an app from one that does not
/// exist. Both are asked for in turn over one connection; the figure is how often the slower of two answers is the hidden one's, which
/// is half of the time where there is nothing to be told (the area under the ROC curve).
/// </summary>
internal static class HiddenOrUnknown
{
    private const int Pairs = 4_000;
    private const double MostApart = 0.05;

    /// <param name="hidden">A request that concerns a hidden peer; made afresh each time.</param>
    /// <param name="unknown">The same for one that does not exist.</param>
    public static async Task<bool> Compare(string name, Uri core, Func<HttpRequestMessage> hidden, Func<HttpRequestMessage> unknown)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false, MaxConnectionsPerServer = 1 }) { BaseAddress = core };
        var times = new List<(long Ticks, bool IsHidden)>();
        for (var i = -Pairs / 4; i < Pairs; i++) // the first are not counted
        {
            var hiddenFirst = (i & 1) == 0;
            var (first, second) = (await Time(client, hiddenFirst ? hidden() : unknown()), await Time(client, hiddenFirst ? unknown() : hidden()));
            if (i >= 0)
                times.AddRange([(first, hiddenFirst), (second, !hiddenFirst)]);
        }

        var ranks =
            times.OrderBy(time => time.Ticks).Select((time, rank) => (time.IsHidden, Rank: rank + 1.0)).Where(each => each.IsHidden).Sum(each => each.Rank);
        var slower = (ranks - (Pairs * (Pairs + 1.0) / 2)) / ((double)Pairs * Pairs);
        var good = Math.Abs(slower - 0.5) <= MostApart;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"auth, hidden or unknown, {name}: the hidden one is the slower {slower:P1} of the time, of 50 % give or take {MostApart:P0}: {(good ? "pass" : "FAIL")}"));
        return good;
    }

    private static async Task<long> Time(HttpClient client, HttpRequestMessage request)
    {
        using (request)
        {
            var start = Stopwatch.GetTimestamp();
            using var answer = await client.SendAsync(request);
            return answer.IsSuccessStatusCode
                ? throw new InvalidOperationException("What should be hidden was shown.")
                : Stopwatch.GetTimestamp() - start;
        }
    }
}
