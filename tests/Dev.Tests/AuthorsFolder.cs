using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace PeerRegistry.Dev.Tests;

/// <summary>The folder that an author works in: the clone of the repository is in it, and the apps come beside it.</summary>
internal sealed class AuthorsFolder : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4); // a busy machine starts slowly
    private static readonly string Built = Path.GetFileName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)))!;

    public AuthorsFolder() => File.CreateSymbolicLink(Path.Combine(Location, "PeerRegistry"), Root);

    public static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "../.."));

    public string Location { get; } = Directory.CreateTempSubdirectory("peerregistry-author-").FullName;

    /// <summary>Where <c>./run dev</c> keeps its files.</summary>
    public string Temporary => Directory.CreateDirectory(Path.Combine(Location, "tmp")).FullName;

    /// <summary>Types commands, the next if the last has succeeded.</summary>
    public Typed Type(string commands) => new(new ProcessStartInfo("/bin/bash", ["-euo", "pipefail", "-c", commands])
    {
        WorkingDirectory = Location,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        Environment = { ["PEERREGISTRY_BUILT"] = Built, ["TMPDIR"] = Temporary },
    });

    /// <summary>The processes that were told of this folder.</summary>
    public IEnumerable<string> Processes() => Directory.GetDirectories("/proc")
        .Where(process => int.TryParse(Path.GetFileName(process), CultureInfo.InvariantCulture, out _))
        .Where(process => Read(process, "environ").Contains(Location, StringComparison.Ordinal))
        .Select(process => Read(process, "cmdline").Replace('\0', ' '));

    public void Dispose() => Directory.Delete(Location, recursive: true);

    private static string Read(string process, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string Here([CallerFilePath] string path = "") => path;

    internal sealed class Typed : IDisposable
    {
        private readonly ConcurrentQueue<string> said = new();
        private readonly Process process;

        public Typed(ProcessStartInfo start)
        {
            process = new Process { StartInfo = start };
            process.OutputDataReceived += (_, line) => said.Enqueue(line.Data ?? "");
            process.ErrorDataReceived += (_, line) => said.Enqueue(line.Data ?? "");
            process.Start();
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        public string Said => string.Join('\n', said);

        /// <returns>The first line that begins so.</returns>
        public async Task<string> Line(string beginning)
        {
            for (var waiting = Stopwatch.StartNew(); ;)
            {
                if (said.FirstOrDefault(line => line.StartsWith(beginning, StringComparison.Ordinal)) is { } line)
                    return line;
                Assert.True(waiting.Elapsed < Patience && !process.HasExited, $"There was no line {beginning}:\n{Said}");
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }

        /// <returns>The exit code.</returns>
        public async Task<int> Ended()
        {
            var ended = process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(await Task.WhenAny(ended, Task.Delay(Patience, TimeProvider.System)) == ended, Said);
            return process.ExitCode;
        }

        public void Interrupt()
        {
            using var kill = Process.Start("/bin/sh", ["-c", $"kill -INT {process.Id}"]);
            kill.WaitForExit();
        }

        public void Dispose()
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            process.Dispose();
        }
    }
}
