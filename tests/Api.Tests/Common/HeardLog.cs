using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace PeerRegistry.Api.Tests.Common;

/// <summary>Keeps what a registry under test logs.</summary>
internal sealed class HeardLog : ILoggerProvider, ILogger
{
    /// <summary>Message and exception of each entry that passed the filters, in order.</summary>
    public ConcurrentQueue<(LogLevel Level, string Message, Exception? Exception)> Entries { get; } = [];

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Entries.Enqueue((logLevel, formatter(state, exception), exception));

    public void Dispose()
    {
    }
}
