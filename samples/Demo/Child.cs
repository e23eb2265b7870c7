using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace PeerRegistry.Demo;

/// <summary>A program that the demo started, and ends.</summary>
internal sealed partial class Child : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly StringBuilder said = new();
    private readonly Lock gate = new();

    private Child(ProcessStartInfo start)
    {
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public static Child Start(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> settings)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        return new Child(start);
    }

    /// <returns>What it wrote to standard output.</returns>
    public static async Task<string> Run(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> settings, CancellationToken ct)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true };
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{string.Join(' ', command)} ended with {process.ExitCode}.");
    }

    /// <returns>What follows the word on the line that begins with it.</returns>
    public async Task<string> Line(string word, CancellationToken ct)
    {
        string? found = null;
        await Until(() => Task.FromResult((found = Find(word)) is not null), $"to say {word}", ct);
        return found!;
    }

    public async Task Until(Func<Task<bool>> holds, string what, CancellationToken ct)
    {
        var waiting = Stopwatch.StartNew();
        while (!await holds())
        {
            if (process.HasExited || waiting.Elapsed > Patience)
                throw new InvalidOperationException($"Waited in vain for {process.StartInfo.FileName} {what}:{Environment.NewLine}{Said()}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            const int Terminate = 15;
            _ = Kill(process.Id, Terminate);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(12));
            await process.WaitForExitAsync(patience.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }

        process.Dispose();
    }

    private void Hear(string? line)
    {
        lock (gate)
            said.AppendLine(line);
    }

    private string Said()
    {
        lock (gate)
            return said.ToString();
    }

    private string? Find(string word) =>
        Said().Split('\n').FirstOrDefault(line => line.StartsWith(word + " ", StringComparison.Ordinal))?[(word.Length + 1)..].Trim();

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
