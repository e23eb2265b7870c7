using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace PeerRegistry.Infrastructure.Observability;

/// <summary>
/// Sends spans and metrics to an OpenTelemetry collector where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names one; all
/// <c>OTEL_*</c> variables mean what the OpenTelemetry specification says. Without it nothing is collected.
/// </summary>
internal sealed class TelemetryExport(IConfiguration configuration) : IHostedService, IDisposable
{
    private const string OurSources = "PeerRegistry*";

    private TracerProvider? traces;
    private MeterProvider? metrics;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is not { Length: > 0 })
            return Task.CompletedTask;

        traces = Sdk.CreateTracerProviderBuilder().ConfigureResource(Name).AddSource(OurSources).AddOtlpExporter().Build();
        metrics = Sdk.CreateMeterProviderBuilder().ConfigureResource(Name).AddMeter(OurSources).AddOtlpExporter().Build();
        return Task.CompletedTask;
    }

    /// <summary>What is not sent yet is sent now, while all that is measured is still there.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        traces?.ForceFlush();
        metrics?.ForceFlush();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        traces?.Dispose();
        metrics?.Dispose();
    }

    private static void Name(ResourceBuilder resource) => resource.AddService("peerregistry").AddEnvironmentVariableDetector();
}
