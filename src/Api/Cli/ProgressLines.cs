using System.Globalization;
using PeerRegistry.Application.Backup;

namespace PeerRegistry.Api.Cli;

/// <summary>Shows on standard error how far a backup is: one line that changes on a terminal, else a line every five seconds.</summary>
internal sealed class ProgressLines(TimeProvider clock) : IProgress<BackupProgress>, IDisposable
{
    private readonly bool onTerminal = !Console.IsErrorRedirected;
    private long shown;

    public void Report(BackupProgress value)
    {
        if (shown != 0 && clock.GetElapsedTime(shown) < (onTerminal ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromSeconds(5)))
            return;

        shown = clock.GetTimestamp();
        var percent = value.Total == 0 ? 100 : Math.Min(99, 100 * value.Done / value.Total);
        var line = string.Create(CultureInfo.InvariantCulture, $"{percent,3} %  {value.Done / 1e6:0.0} MB  {value.Table}");
        if (onTerminal)
            Console.Error.Write($"\r\u001b[K{line}");
        else
            Console.Error.WriteLine(line);
    }

    public void Dispose()
    {
        if (onTerminal && shown != 0)
            Console.Error.Write("\r\u001b[K");
    }
}
