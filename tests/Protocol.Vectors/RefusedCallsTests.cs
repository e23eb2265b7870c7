using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Infrastructure.HttpSignatures;

namespace PeerRegistry.Protocol.Vectors;

public class RefusedCallsTests
{
    private static readonly Domain.Portals.PortalId Portal = Given.Ed25519.Public.Id;
    private readonly FixedClock clock = new(Given.Now);
    private readonly Lines log = new();

    [Fact]
    public void The_last_thousand_refused_calls_of_each_Portal_are_kept_latest_first()
    {
        var refused = new RefusedCalls(clock, new RefusalLog(clock, log));
        for (var i = 0; i < 1001; i++)
            refused.Record(Portal, "notes", $"/{i}", Network(i % 30), Verdict("replayed"));
        refused.Record(Given.Rsa.Public.Id, null, "/other", Network(1), Verdict("expired"));

        var latest = refused.Latest(Portal, 1000);
        Assert.Equal(1000, latest.Count);
        Assert.Equal(("/1000", "/1"), (latest[0].Path, latest[^1].Path));
        Assert.Equal("/other", Assert.Single(refused.Latest(Given.Rsa.Public.Id, 1000)).Path);
        Assert.Equal(2, refused.Latest(Portal, 2).Count);
        Assert.Empty(refused.Latest(Given.OtherEd25519.Public.Id, 1000));
    }

    [Fact]
    public void Long_values_from_strangers_are_truncated()
    {
        var refused = new RefusedCalls(clock, new RefusalLog(clock, log));
        var text = new string('a', 100_000);
        refused.Record(Portal, "notes", text, Network(1), new SignatureVerdict(null, "signature_invalid", null, "sig1", text, text));

        var call = Assert.Single(refused.Latest(Portal, 1));
        Assert.Equal((1024, 128, 2048), (call.Path.Length, call.KeyId!.Length, call.SignatureBase!.Length));
        Assert.InRange(log.Written.Single().Length, 1, 300);
    }

    [Fact]
    public void One_network_has_fifty_entries_and_evicts_no_others()
    {
        var refused = new RefusedCalls(clock, new RefusalLog(clock, log));
        refused.Record(Portal, "notes", "/friend", Network(1), Verdict("expired"));
        for (var i = 0; i < 5000; i++)
            refused.Record(Portal, "notes", $"/{i}", Network(2), Verdict("signer_unknown"));

        var latest = refused.Latest(Portal, 1000);
        Assert.Equal(51, latest.Count);
        Assert.Equal(("/4999", "/4950", "/friend"), (latest[0].Path, latest[49].Path, latest[50].Path));
    }

    [Fact]
    public void A_network_whose_calls_were_dropped_can_have_fifty_entries_again()
    {
        var refused = new RefusedCalls(clock, new RefusalLog(clock, log));
        for (var i = 0; i < 3000; i++)
            refused.Record(Portal, "notes", $"/{i}", Network(i / 50), Verdict("expired"));
        for (var i = 0; i < 50; i++)
            refused.Record(Portal, "notes", "/again", Network(0), Verdict("expired"));

        var latest = refused.Latest(Portal, 1000);
        Assert.Equal(1000, latest.Count);
        Assert.Equal(50, latest.Count(call => call.Path == "/again"));
    }

    [Fact]
    public void A_repeated_refusal_is_logged_once_a_minute_with_its_count()
    {
        var refusals = new RefusalLog(clock, log);
        for (var i = 0; i < 1000; i++)
            refusals.Refused(Portal, "notes", "replayed", "abcdef");
        Assert.Single(log.Written);

        clock.Now += 61;
        refusals.Refused(Portal, "notes", "replayed", "abcdef");
        Assert.Equal(3, log.Written.Count);
        Assert.Contains("999 more times: replayed", log.Written[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Ever_new_key_IDs_get_thirty_lines_a_minute_and_one_that_counts_the_rest()
    {
        var refusals = new RefusalLog(clock, log);
        for (var i = 0; i < 10_000; i++)
            refusals.Refused(Portal, "notes", "signer_unknown", $"key{i}");
        refusals.Refused(Given.Rsa.Public.Id, "notes", "signer_unknown", "another Portal's");
        Assert.Equal(31, log.Written.Count);

        clock.Now += 61;
        refusals.Refused(Portal, "notes", "signer_unknown", "later");
        Assert.Contains(log.Written, line => line.Contains("9970 times with other key IDs", StringComparison.Ordinal));
    }

    [Fact]
    public void Accepted_calls_are_not_kept()
    {
        var refused = new RefusedCalls(clock, new RefusalLog(clock, log));
        refused.Record(Portal, "notes", "/", Network(1), new SignatureVerdict(Given.SignerOf(Given.Ed25519), null, null, "sig1"));
        Assert.Empty(refused.Latest(Portal, 1));
    }

    [Fact]
    public async Task Every_verdict_is_counted_by_its_reason()
    {
        var counted = new List<object?>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, all) =>
            {
                if (instrument.Name == "signatures_judged")
                    all.EnableMeasurementEvents(instrument);
            },
        };
        var here = Environment.CurrentManagedThreadId;
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            if (Environment.CurrentManagedThreadId == here)
                counted.Add(tags[0].Value);
        });
        listener.Start();

        var service = new SignatureService(null!, new ReplayGuard(started: null), clock);
        var request = Given.Request(Given.Ed25519);
        foreach (var signer in new[] { Given.SignerOf(Given.Ed25519), Given.SignerOf(Given.Ed25519), null })
            await service.Verify(request, VerificationPlace.App, _ => signer, null, TestContext.Current.CancellationToken); // done at once, so on this thread

        Assert.Equal(["none", "replayed", "signer_unknown"], counted);
    }

    private static string Network(int n) => $"10.0.{n}.0/24";

    private static SignatureVerdict Verdict(string reason) => new(null, reason, null, "sig1", "abcdef");

    private sealed class Lines : ILogger<RefusalLog>
    {
        internal List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add(formatter(state, exception));
    }
}
