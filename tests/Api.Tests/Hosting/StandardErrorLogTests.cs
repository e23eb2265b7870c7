using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Logging;
using PeerRegistry.Api.Hosting;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Tests.Common;
using PeerRegistry.Tests;

namespace PeerRegistry.Api.Tests.Hosting;

public sealed class StandardErrorLogTests(TestPostgres postgres) : IDisposable
{
    private readonly TemporaryData data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task While_standard_error_is_not_read_requests_are_answered_and_the_registry_can_stop()
    {
        await using var registry = await RegistryProcess.StartUnread(
            data.Directory,
            ("ConnectionStrings__Registry", await postgres.CreateDatabase()), ("Logging__LogLevel__Microsoft.AspNetCore", "Trace"),
            ("Logging__LogLevel__PeerRegistry", "Trace"));
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async each =>
        {
            for (var i = 0; i < 400; i++)
                Assert.Equal(HttpStatusCode.NotFound, await Forged(client, registry, $"key{each}-{i}"));
        }));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync($"{registry.Edge}/core/public/meta/whoareyou")).StatusCode);

        var (took, code) = await registry.Stop();
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Equal(0, code);
    }

    [Fact]
    public async Task Three_thousand_forged_signatures_write_few_lines()
    {
        await using var registry = await RegistryProcess.Start(data.Directory, ("ConnectionStrings__Registry", await postgres.CreateDatabase()));
        using var client = new HttpClient();
        for (var i = 0; i < 3000; i++)
            await Forged(client, registry, $"key{i}");
        await registry.Stop();
        Assert.InRange(registry.Errors.Split('\n').Length, 1, 200);
    }

    [Fact]
    public void Lines_beyond_the_queue_are_dropped_counted_and_reported()
    {
        using var stuck = new StuckWriter();
        using var log = new StandardErrorLog(TimeProvider.System, stuck);
        var logger = log.CreateLogger("Test");
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < StandardErrorLog.QueueLength + 501; i++)
            logger.Log(LogLevel.Debug, "line {Number}", i);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));

        stuck.Release();
        Assert.True(SpinWait.SpinUntil(() => stuck.Lines.Any(line => line.Contains("lines were dropped", StringComparison.Ordinal)), TimeSpan.FromSeconds(5)));
        var told = stuck.Lines.Single(line => line.Contains("lines were dropped", StringComparison.Ordinal));
        // one was taken from the queue before it stuck, or none
        Assert.InRange(int.Parse(told.Split("[0] ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture), 500, 501);
    }

    [Fact]
    public void Sixty_lines_of_one_kind_a_minute_are_written_and_the_rest_is_counted()
    {
        var clock = new MovableTime();
        using var written = new StuckWriter();
        written.Release();
        using (var log = new StandardErrorLog(clock, written))
        {
            var logger = log.CreateLogger("Test");
            for (var i = 0; i < 1000; i++)
                logger.Log(LogLevel.Warning, new FormatException(), "refused {Who}", i);
            logger.Log(LogLevel.Warning, "another kind");
            clock.Advance(TimeSpan.FromMinutes(1));
            logger.Log(LogLevel.Warning, "refused {Who}", "later");
        }

        Assert.Equal(60 + 1 + 2, written.Lines.Count);
        Assert.Contains(written.Lines, line => line.Contains("940 more lines of this kind", StringComparison.Ordinal));
    }

    [Fact]
    public void Input_from_a_stranger_cannot_begin_a_log_line()
    {
        using var written = new StuckWriter();
        written.Release();
        using (var log = new StandardErrorLog(TimeProvider.System, written))
            log.CreateLogger("Test").Log(LogLevel.Warning, "refused {KeyId}", "a\r\ncrit: forged\u0085\u001B[31m");

        Assert.DoesNotContain(Assert.Single(written.Lines), char.IsControl);
    }

    /// <summary>To an app that is not there: the signature is judged all the same.</summary>
    private static async Task<HttpStatusCode> Forged(HttpClient client, RegistryProcess registry, string keyId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{registry.Internal}/internal/auth")
        {
            Headers =
            {
                { "X-Forwarded-Method", "GET" }, { "X-Forwarded-Proto", "https" }, { "X-Forwarded-Host", $"mail.{registry.Portal[..6]}.portal.localhost" },
                { "X-Forwarded-Uri", "/" },
                { "Signature-Input", $"sig1=(\"@method\");created={TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()};keyid=\"{keyId}\"" },
                { "Signature", "sig1=:AAAA:" },
            },
        };
        using var answer = await client.SendAsync(request);
        return answer.StatusCode;
    }

    /// <summary>Standard error that nobody reads, until it is released.</summary>
    private sealed class StuckWriter : StringWriter
    {
        private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public System.Collections.Concurrent.ConcurrentQueue<string> Lines { get; } = [];

        public override void WriteLine(string? value)
        {
            released.Task.Wait();
            Lines.Enqueue(value ?? "");
        }

        public void Release() => released.TrySetResult();

        protected override void Dispose(bool disposing)
        {
            released.TrySetResult();
            base.Dispose(disposing);
        }
    }
}
