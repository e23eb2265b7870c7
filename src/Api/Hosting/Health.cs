using Microsoft.Extensions.Diagnostics.HealthChecks;
using PeerRegistry.Api.Http;

namespace PeerRegistry.Api.Hosting;

/// <summary>Readiness: 200 with the text <c>Healthy</c>, or 503 with a problem and <c>Retry-After</c>.</summary>
internal static class Health
{
    public static async Task Answer(HttpContext context, HealthCheckService health, CancellationToken ct)
    {
        context.Response.Headers.CacheControl = "no-store";
        var report = await health.CheckHealthAsync(ct);
        await (report.Status == HealthStatus.Healthy
            ? TypedResults.Text(nameof(HealthStatus.Healthy)).ExecuteAsync(context)
            : new Problem(StatusCodes.Status503ServiceUnavailable, "unavailable",
                report.Entries.Values.FirstOrDefault(e => e.Status != HealthStatus.Healthy).Description)
                .Write(context));
    }
}

/// <summary>What the original core says of its health while it runs.</summary>
internal sealed record OriginalHealth(string Status);
