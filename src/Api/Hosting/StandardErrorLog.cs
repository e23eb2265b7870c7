using System.Diagnostics.Metrics;
using System.Text;
using System.Threading.Channels;

namespace PeerRegistry.Api.Hosting;

/// <summary>
/// Writes the log to standard error, one line per entry, and never blocks the caller: entries are put into a bounded queue, and dropped and
/// counted if it is full. When there is room again, a line reports how many were dropped.
/// </summary>
internal sealed class StandardErrorLog : ILoggerProvider
{
    /// <summary>The capacity of the queue, in entries.</summary>
    public const int QueueLength = 2000;

    private const int MaxLine = 16 * 1024;

    private static readonly Meter Meter = new("PeerRegistry.Log");
    private static readonly Counter<long> DroppedLines = Meter.CreateCounter<long>(
        "log_lines_dropped", unit: "{line}",
        description: "Log lines that were not written because standard error was not read or one kind of line was too frequent.");

    private readonly Channel<string> queue = Channel.CreateBounded<string>(new BoundedChannelOptions(QueueLength) { SingleReader = true });
    private readonly RepeatedLines repeated;
    private readonly TextWriter output;
    private readonly TimeProvider clock;
    private readonly Thread writer;
    private long dropped;

    public StandardErrorLog(TimeProvider clock)
        : this(clock, Console.Error)
    {
    }

    /// <param name="output">The output, which may block forever.</param>
    internal StandardErrorLog(TimeProvider clock, TextWriter output)
    {
        (this.clock, this.output, repeated) = (clock, output, new RepeatedLines(clock));
        writer = new Thread(Write) { IsBackground = true, Name = "log" }; // a thread of its own, because it may block in a system call
        writer.Start();
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    /// <summary>Waits at most half a second for the queued lines to be written.</summary>
    public void Dispose()
    {
        queue.Writer.TryComplete();
        writer.Join(TimeSpan.FromMilliseconds(500));
    }

    private void Add(LogLevel level, string category, EventId id, string template, string message, Exception? exception)
    {
        if (level >= LogLevel.Information) // lower levels are not limited, because they are only turned on for debugging
        {
            if (!repeated.Passes($"{category}[{id.Id}] {template}", out var held))
            {
                DroppedLines.Add(1);
                return;
            }

            if (held > 0)
                Enqueue($"{Label(level)}: {category}[{id.Id}] {held} more lines of this kind were left out.");
        }

        Enqueue(Line($"{Label(level)}: {category}[{id.Id}] {message}{(exception is null ? "" : $" {exception}")}"));
    }

    private void Enqueue(string line)
    {
        if (queue.Writer.TryWrite(line))
            return;
        Interlocked.Increment(ref dropped);
        DroppedLines.Add(1);
    }

    private void Write()
    {
        try
        {
            while (queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            {
                while (queue.Reader.TryRead(out var line))
                    output.WriteLine(line);
                if (Interlocked.Exchange(ref dropped, 0) is > 0 and var count)
                    output.WriteLine($"{Label(LogLevel.Warning)}: PeerRegistry.Log[0] {count} lines were dropped until {clock.GetUtcNow():O}, since nobody read standard error.");
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Standard error was closed. Further lines fill the queue and are then counted as dropped.
        }
    }

    /// <summary>Replaces control characters by spaces, so that input from a stranger cannot begin a new line.</summary>
    private static string Line(string text)
    {
        var line = new StringBuilder(text, 0, Math.Min(text.Length, MaxLine), text.Length);
        for (var i = 0; i < line.Length; i++)
        {
            if (char.IsControl(line[i]))
                line[i] = ' ';
        }

        return line.ToString();
    }

    private static string Label(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce",
        LogLevel.Debug => "dbug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        _ => "crit",
    };

    private sealed class Logger(StandardErrorLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var template = state is IReadOnlyList<KeyValuePair<string, object?>> { Count: > 0 } values ? values[^1].Value as string : null;
            log.Add(logLevel, category, eventId, template ?? "", formatter(state, exception), exception);
        }
    }
}
