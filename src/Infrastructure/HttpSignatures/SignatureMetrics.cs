using System.Diagnostics.Metrics;

namespace PeerRegistry.Infrastructure.HttpSignatures;

internal static class SignatureMetrics
{
    private static readonly Meter Meter = new("PeerRegistry.Signatures");
    private static readonly Counter<long> Verified = Meter.CreateCounter<long>(
        "signatures_judged", unit: "{signature}", description: "Signed requests by the reason for which they were refused; \"none\" if they were accepted.");

    internal static void Count(string? reason)
    {
        if (Verified.Enabled)
            Verified.Add(1, new KeyValuePair<string, object?>("reason", reason ?? "none"));
    }
}
