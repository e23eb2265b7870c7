using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using PeerRegistry.Api.Http;

namespace PeerRegistry.Api.Tests.Hosting;

/// <summary>The real program, started as a process of its own on free ports.</summary>
internal sealed partial class RegistryProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly StringBuilder errors = new();
    private readonly TaskCompletionSource<string> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RegistryProcess(Process process) => this.process = process;

    public string Edge { get; private set; } = "";

    public string Internal { get; private set; } = "";

    public string Portal { get; private set; } = "";

    /// <summary>Lines of standard output, in order.</summary>
    public List<string> Said { get; } = [];

    public string Errors => errors.ToString();

    public int ProcessId => process.Id;

    public static Task<RegistryProcess> Start(string dataDirectory, params (string Name, string Value)[] settings) =>
        Start(dataDirectory, readErrors: true, settings);

    /// <summary>Started by somebody who keeps its standard error and never reads it.</summary>
    public static Task<RegistryProcess> StartUnread(string dataDirectory, params (string Name, string Value)[] settings) =>
        Start(dataDirectory, readErrors: false, settings);

    private static async Task<RegistryProcess> Start(string dataDirectory, bool readErrors, (string Name, string Value)[] settings)
    {
        var registry = Launch(dataDirectory, [], settings, readErrors);
        registry.process.Exited += (_, _) => registry.ready.TrySetException(new InvalidOperationException($"It ended: {registry.Errors}"));
        registry.process.EnableRaisingEvents = true;
        var words = (await registry.ready.Task.WaitAsync(Patience)).Split(' ').Select(word => word.Split('=', 2)).ToDictionary(w => w[0], w => w[^1]);
        (registry.Edge, registry.Internal, registry.Portal) = (words["edge"], words["internal"], words["portal"]);
        return registry;
    }

    /// <summary>A command that runs until it is stopped.</summary>
    public static RegistryProcess Command(string dataDirectory, IReadOnlyList<string> args, params (string Name, string Value)[] settings) =>
        Launch(dataDirectory, args, settings);

    /// <summary>To its own end.</summary>
    /// <returns>Exit code, standard output and standard error.</returns>
    public static async Task<(int Code, IReadOnlyList<string> Said, string Errors)> Run(
        string dataDirectory, IReadOnlyList<string> args, params (string Name, string Value)[] settings)
    {
        await using var registry = Launch(dataDirectory, args, settings);
        await registry.process.WaitForExitAsync().WaitAsync(Patience);
        return (registry.process.ExitCode, registry.Said, registry.Errors);
    }

    /// <returns>How long it took to end, and with which code.</returns>
    public async Task<(TimeSpan Took, int Code)> Stop(PosixSignal signal = PosixSignal.SIGTERM)
    {
        var watch = Stopwatch.StartNew();
        _ = Kill(process.Id, signal == PosixSignal.SIGINT ? 2 : 15);
        await process.WaitForExitAsync().WaitAsync(Patience);
        return (watch.Elapsed, process.ExitCode);
    }

    /// <summary>SIGSTOP: stands still, as a virtual machine that was frozen, until <see cref="Resume"/>.</summary>
    public void Pause() => Assert.Equal(0, Kill(process.Id, 19));

    /// <summary>SIGCONT.</summary>
    public void Resume() => Assert.Equal(0, Kill(process.Id, 18));

    public void KillNow()
    {
        process.Kill();
        process.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            await Stop();
        process.Dispose();
    }

    private static RegistryProcess Launch(string dataDirectory, IReadOnlyList<string> args, (string Name, string Value)[] settings, bool readErrors = true)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "PeerRegistry.Api.dll"), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["Data__Directory"] = dataDirectory,
                ["Listen__Edge"] = "http://127.0.0.1:0",
                ["Listen__Internal"] = "http://127.0.0.1:0",
            },
        };
        foreach (var (name, value) in settings)
            start.Environment[name] = value;

        var registry = new RegistryProcess(new Process { StartInfo = start });
        registry.process.OutputDataReceived += (_, line) => registry.Hear(line.Data);
        registry.process.ErrorDataReceived += (_, line) => registry.errors.AppendLine(line.Data);
        registry.process.Start();
        registry.process.BeginOutputReadLine();
        if (readErrors)
            registry.process.BeginErrorReadLine();
        return registry;
    }

    private void Hear(string? line)
    {
        if (line is null)
            return;

        Said.Add(line);
        if (line.StartsWith("READY ", StringComparison.Ordinal))
            ready.TrySetResult(line);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
