using System.Diagnostics.Metrics;
using PeerRegistry.Application.ForwardAuth;

namespace PeerRegistry.Api.ForwardAuth;

internal static class VerdictMetrics
{
    private static readonly Meter Meter = new("PeerRegistry.ForwardAuth");
    private static readonly Counter<long> Verdicts = Meter.CreateCounter<long>(
        "forward_auth_verdicts", unit: "{request}", description: "Requests to apps by decision and kind of client.");

    public static void Count(in AccessVerdict verdict)
    {
        if (Verdicts.Enabled)
            Verdicts.Add(1, new("ruling", verdict.Ruling), new("client", verdict.Client.Type));
    }
}
