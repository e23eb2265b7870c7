using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PeerRegistry.Tests;

namespace PeerRegistry.Store.Contract;

public sealed class LogTests(TestPostgres postgres)
{
    /// <summary>They may be secrets, or somebody's name.</summary>
    [Fact]
    public async Task The_values_of_a_failed_statement_are_not_logged()
    {
        var log = new Lines();
        await using var node = await Node.Start(await postgres.CreateDatabase(), services => services.AddSingleton<ILoggerProvider>(log));
        await node.Database.Scalar<object>("alter table registry.mt_events add check (version < 0)");

        var portal = Given.Portal();
        await Assert.ThrowsAnyAsync<Exception>(() => node.Store.Append(Given.Counts(portal, "tally-x", 0, 1), Given.Soon));

        Assert.DoesNotContain(log.All, line => line.Contains(portal.Value, StringComparison.Ordinal));
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> All { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
