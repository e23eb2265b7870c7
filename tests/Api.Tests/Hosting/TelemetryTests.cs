using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace PeerRegistry.Api.Tests.Hosting;

public sealed class TelemetryTests
{
    [Fact]
    public async Task Traces_and_metrics_reach_the_collector_that_is_named()
    {
        var received = new ConcurrentDictionary<string, string>();
        await using var collector = await Collector(received);
        using var data = new TemporaryData();
        await using var registry = await RegistryProcess.Start(
            data.Directory, ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Urls.First()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"));
        await registry.Stop(); // sends what is held back

        Assert.Contains("CreatePortal", received["/v1/traces"], StringComparison.Ordinal);
        Assert.Contains("subscription_held_back_seconds", received["/v1/metrics"], StringComparison.Ordinal);
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
