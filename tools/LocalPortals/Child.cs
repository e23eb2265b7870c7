using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PeerRegistry.LocalPortals;

/// <summary>A program that this one started, and ends.</summary>
internal sealed partial class Child : IAsyncDisposable
{
    private const int Remembered = 200; // lines
    private const int Terminate = 15, Kill = 9;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3); // a machine that builds starts slowly

    private readonly Process process;
    private readonly bool leadsGroup;
    private readonly Action<string>? hear;
    private readonly Queue<string> said = new();
    private readonly Lock gate = new();

    private Child(ProcessStartInfo start, bool leadsGroup, Action<string>? hear)
    {
        (this.leadsGroup, this.hear) = (leadsGroup, hear);
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <param name="hear">Gets each line that it writes, or is null.</param>
    public static Child Start(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> settings, Action<string>? hear = null) =>
        new(Info(command, settings), leadsGroup: false, hear);

    /// <summary>Starts a command of the shell in a session of its own, which ends together with everything that the command has started.</summary>
    public static Child StartShell(string command, string folder, IReadOnlyDictionary<string, string> settings, Action<string> hear)
    {
        var start = Info(["setsid", "/bin/sh", "-c", command], settings);
        start.WorkingDirectory = folder;
        return new Child(start, leadsGroup: true, hear);
    }

    /// <returns>What it wrote to standard output.</returns>
    public static async Task<string> Run(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> settings, CancellationToken ct)
    {
        var start = Info(command, settings);
        start.RedirectStandardOutput = true;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{string.Join(' ', command)} ended with {process.ExitCode}.");
    }

    /// <returns>Its exit code, after its last line.</returns>
    public async Task<int> Ended(CancellationToken ct)
    {
        await process.WaitForExitAsync(ct);
        return process.ExitCode;
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
                throw new InvalidOperationException($"Waited in vain for {process.StartInfo.FileName} {what}:{Environment.NewLine}{string.Join(Environment.NewLine, Said())}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            _ = Signal(leadsGroup ? -process.Id : process.Id, Terminate);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(12));
            await process.WaitForExitAsync(patience.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }

        if (leadsGroup)
            _ = Signal(-process.Id, Kill); // what has outlived it
        process.Dispose();
    }

    private static ProcessStartInfo Info(IReadOnlyList<string> command, IReadOnlyDictionary<string, string> settings)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1));
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        return start;
    }

    private void Hear(string? line)
    {
        if (line is null)
            return;
        lock (gate)
        {
            said.Enqueue(line);
            if (said.Count > Remembered)
                said.Dequeue();
        }

        hear?.Invoke(line);
    }

    private string[] Said()
    {
        lock (gate)
            return [.. said];
    }

    private string? Find(string word) =>
        Said().FirstOrDefault(line => line.StartsWith(word + " ", StringComparison.Ordinal))?[(word.Length + 1)..].Trim();

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Signal(int process, int signal);
}
