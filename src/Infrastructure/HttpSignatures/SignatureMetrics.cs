using System.Diagnostics.Metrics;

namespace PeerRegistry.Infrastructure.HttpSignatures;

internal static class SignatureMetrics
{
    private static readonly Meter Meter = new("PeerRegistry.Signatures");
    private static readonly Counter<long> Judged = Meter.CreateCounter<long>(
        "signatures_judged", unit: "{signature}", description: "Signed requests by the reason they were refused for; none: accepted.");

    internal static void Count(string? reason)
    {
        if (Judged.Enabled)
            Judged.Add(1, new KeyValuePair<string, object?>("reason", reason ?? "none"));
    }
}
