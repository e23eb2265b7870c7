using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Api.Tests.SignedCalls;
using PeerRegistry.Application.Common;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Hosting;

public sealed class TelemetryTests(TestPostgres postgres)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Traces_and_metrics_reach_the_collector_that_is_named()
    {
        var received = new ConcurrentDictionary<string, string>();
        await using var collector = await Collector(received);
        using var data = new TemporaryData();
        await using var registry = await RegistryProcess.Start(
            data.Directory, ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Urls.First()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"));
        await Owner.Pair(registry);
        await registry.Stop(); // sends what is held back

        Assert.Contains("CreatePortal", received["/v1/traces"], StringComparison.Ordinal);
        Assert.Contains("PairDevice", received["/v1/traces"], StringComparison.Ordinal);
        Assert.Contains("subscription_held_back_seconds", received["/v1/metrics"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_collector_is_told_the_route_of_a_request_and_nothing_that_was_typed()
    {
        var received = new ConcurrentDictionary<string, string>();
        await using var collector = await Collector(received);
        using var data = new TemporaryData();
        await using var registry = await RegistryProcess.Start(
            data.Directory, ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Urls.First()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"));
        using var http = new HttpClient();
        foreach (var url in new[] { $"{registry.Edge}/invite/typed-invite", $"{registry.Edge}/pair?code=typed-code", $"{registry.Edge}/typed-path" })
            (await http.GetAsync(url, Stop)).Dispose();
        await registry.Stop();

        Assert.Contains("/invite/{invite}", received["/v1/traces"], StringComparison.Ordinal);
        Assert.DoesNotContain("typed", received["/v1/traces"], StringComparison.Ordinal);
        Assert.DoesNotContain("typed", received["/v1/metrics"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Forward_auth_and_health_checks_make_no_spans()
    {
        var received = new ConcurrentDictionary<string, string>();
        await using var collector = await Collector(received);
        using var data = new TemporaryData();
        await using var registry = await RegistryProcess.Start(
            data.Directory, ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Urls.First()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"));
        using var http = new HttpClient();
        foreach (var url in new[] { $"{registry.Internal}/internal/auth", $"{registry.Internal}/internal/call_peer/x/", $"{registry.Edge}/health/live" })
            (await http.GetAsync(url, Stop)).Dispose();
        await registry.Stop();

        Assert.DoesNotContain("http.request.method", received["/v1/traces"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prometheus_is_served_on_a_listener_of_its_own()
    {
        using var data = new TemporaryData();
        await using var registry = await RegistryProcess.Start(data.Directory, ("Listen__Metrics", "http://127.0.0.1:0"));
        var own = registry.Said.Single(line => line.StartsWith("READY ", StringComparison.Ordinal)).Split("metrics=")[1];
        using var http = new HttpClient();

        var page = await http.GetStringAsync($"{own}/metrics", Stop);
        Assert.Contains("subscription_held_back_seconds", page, StringComparison.Ordinal);
        Assert.Contains("dotnet_gc_collections_total", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync($"{own}/health/live", Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync($"{registry.Edge}/metrics", Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync($"{registry.Internal}/metrics", Stop)).StatusCode);
    }

    [Fact]
    public async Task A_peer_is_sent_no_trace_header_though_traces_are_collected()
    {
        using var collected = new ActivityListener { ShouldListenTo = _ => true,
        Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded };
        ActivitySource.AddActivityListener(collected);
        ActivityTraceId? inside = null;
        IHeaderDictionary? sent = null;
        await using var rig = await CallRig.Start(context =>
        {
            (inside, sent) = (Activity.Current?.TraceId, new HeaderDictionary(context.Request.Headers.ToDictionary()));
            return Task.CompletedTask;
        });

        using var app = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null }); // or the app itself would send them
        app.DefaultRequestHeaders.Authorization = new("Bearer", CallRig.AppToken);
        (await app.GetAsync(rig.Call("/"), Stop)).Dispose();

        Assert.NotNull(inside); // requests do have traces here
        Assert.DoesNotContain(sent!.Keys,
            name => name.ToLowerInvariant() is "traceparent" or "tracestate" or "baggage" or "request-id" or "correlation-context");
    }

    [Fact]
    public async Task Events_tell_the_trace_that_they_belong_to_though_nobody_collects_it()
    {
        const string Trace = "0af7651916cd43dd8448eb211c80319c";
        await using var zone = await Neighbourhood.Start(postgres);
        var ada = await zone.Move("Ada");
        using var owner = await ada.Owner();
        await owner.Say(HttpMethod.Post, "/core/protected/invites", "{}", ("traceparent", $"00-{Trace}-b7ad6b7169203331-01"));
        await owner.Say(HttpMethod.Post, "/core/protected/invites", "{}");

        var events = await new TestStore(ada.Services).ReadStream(ada.Id, "portal", TestContext.Current.CancellationToken);
        Assert.Equal(Trace, events[^2].CorrelationId);
        Assert.Distinct(events.Select(e => e.CorrelationId));
        Assert.All(events, e => Assert.Equal(32, e.CorrelationId?.Length));
    }

    private static async Task<WebApplication> Collector(ConcurrentDictionary<string, string> received)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(async context =>
        {
            var text = await new StreamReader(context.Request.Body, Encoding.Latin1).ReadToEndAsync();
            received.AddOrUpdate(context.Request.Path, text, (_, before) => before + text);
        });
        await app.StartAsync();
        return app;
    }
}
