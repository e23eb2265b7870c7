using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Instrumentation.AspNetCore;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using PeerRegistry.Api.ForwardAuth;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.SignedCalls;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Api.Hosting;

/// <summary>
/// Sends spans and metrics to an OpenTelemetry collector if <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names one, and serves metrics to Prometheus if
/// <c>Listen__Metrics</c> is set. Other <c>OTEL_*</c> variables have the meaning of the OpenTelemetry specification. If neither is set, nothing
/// listens to the process's meters and activities, so none is recorded.
/// </summary>
internal static class TelemetryModule
{
    private const string OurSources = "PeerRegistry*";

    /// <summary>The paths that proxies and monitors request continuously. They have metrics, but no spans, which would outnumber all others.</summary>
    private static readonly PathString[] Untraced = [ForwardAuthMiddleware.Path, CallPeerMiddleware.Path, "/health"];

    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration, RegistryOptions options)
    {
        var traces = HasCollector(configuration, "TRACES");
        var metrics = HasCollector(configuration, "METRICS");
        var prometheus = options.Listen.Metrics is { Length: > 0 };
        if (!traces && !metrics && !prometheus)
            return services;

        services.AddHostedService<LastMetrics>();
        var telemetry = services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("peerregistry").AddEnvironmentVariableDetector());
        if (traces)
            telemetry.WithTracing(tracing => tracing.AddSource(OurSources).AddAspNetCoreInstrumentation(Instrument).AddOtlpExporter());
        if (metrics || prometheus)
        {
            telemetry.WithMetrics(meters =>
            {
                meters.AddMeter(OurSources).AddAspNetCoreInstrumentation().AddRuntimeInstrumentation();
                if (metrics)
                    meters.AddOtlpExporter();
                if (prometheus)
                    meters.AddPrometheusExporter();
            });
        }

        return services;
    }

    /// <summary>Serves metrics on a listener of its own, because they are for the operator only: the edge is public, and apps reach the internal one.</summary>
    public static void MapMetrics(this WebApplication app, RegistryOptions options)
    {
        if (options.Listen.Metrics is { Length: > 0 })
            app.MapGroup("").OnListener(Listener.Metrics).MapPrometheusScrapingEndpoint("/metrics").DisableHttpMetrics();
    }

    private static bool HasCollector(IConfiguration configuration, string signal) =>
        configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 } || configuration[$"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"] is { Length: > 0 };

    private static void Instrument(AspNetCoreTraceInstrumentationOptions requests)
    {
        requests.Filter = context => !Array.Exists(Untraced, path => context.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase));
        requests.EnrichWithHttpResponse = (activity, _) => DropTarget(activity);
    }

    /// <summary>Replaces the target of a span by the route, because a target may contain an invite or a pairing code.</summary>
    private static void DropTarget(Activity activity)
    {
        activity.SetTag("url.path", null);
        activity.SetTag("url.query", null);
    }

    /// <summary>
    /// Sends the remaining metrics when the host stops. The provider itself does so only when it is disposed, which is after the meters that it
    /// would read.
    /// </summary>
    private sealed class LastMetrics(IServiceProvider services) : IHostedService
    {
        private const int Milliseconds = 1000; // of the two seconds that the host has to stop

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            services.GetService<MeterProvider>()?.ForceFlush(Milliseconds);
            return Task.CompletedTask;
        }
    }
}
