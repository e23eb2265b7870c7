using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PeerRegistry.Api.Tests.Kernel;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Hosting;

public sealed class TelemetryTests(TestPostgres postgres)
{
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
    public async Task Events_tell_the_trace_that_they_belong_to_though_nobody_collects_it()
    {
        const string Trace = "0af7651916cd43dd8448eb211c80319c";
        await using var zone = await Neighbourhood.Start(postgres);
        var ada = await zone.Move("Ada");
        using var owner = await ada.Owner();
        await owner.Say(HttpMethod.Post, "/core/protected/invites", "{}", ("traceparent", $"00-{Trace}-b7ad6b7169203331-01"));
        await owner.Say(HttpMethod.Post, "/core/protected/invites", "{}");

        var events = await ada.Services.GetRequiredService<IEventStore>().ReadStream(ada.Id, "portal", default, TestContext.Current.CancellationToken);
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
