using System.Diagnostics;
using System.Text;

namespace PeerRegistry.Api.Cli;

/// <summary>
/// A proxy's configuration file that is written again whenever its text changes. The new file replaces the old one in one step; it is checked before the
/// proxy is told to read it, and the old one comes back if it is not valid.
/// </summary>
/// <param name="check">A command of the shell that fails if the configuration is not valid, or null. <c>$FILE</c> is the file's path.</param>
/// <param name="reload">A command of the shell that makes the proxy read the file again, or null if it does so by itself.</param>
internal sealed class WatchedFile(string file, string? check, string? reload, TextWriter said, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BeforeAnotherTry = TimeSpan.FromSeconds(10);

    /// <summary>A link stays one: what it leads to is replaced.</summary>
    private readonly string path = File.Exists(file) && File.ResolveLinkTarget(file, returnFinalTarget: true) is { } target
        ? target.FullName
        : Path.GetFullPath(file);

    private string? refused;
    private bool reloadDue;
    private DateTimeOffset nextTry = DateTimeOffset.MinValue;

    /// <summary>Does what is to be done for this text to be in force, and nothing if it is. What fails is said, and tried again after a pause.</summary>
    public async Task Take(string text, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var old = File.Exists(path) ? await File.ReadAllTextAsync(path, ct) : null;
        if ((text == old && !reloadDue) || ((text == refused || text == old) && now < nextTry))
            return;

        nextTry = now + BeforeAnotherTry;
        if (text != old)
        {
            if (!await Replace(old, text, ct))
                return;
            reloadDue = reload is not null;
        }

        if (!reloadDue)
            return;
        reloadDue = !await Succeeds("reload", reload!, ct);
        await said.WriteLineAsync(reloadDue ? $"The proxy has not read {file} yet. Trying again in {BeforeAnotherTry.TotalSeconds:F0} s." : "The proxy has read it.");
    }

    private async Task<bool> Replace(string? old, string text, CancellationToken ct)
    {
        await Write(text, ct);
        if (check is null || await Succeeds("check", check, ct))
        {
            refused = null;
            await said.WriteLineAsync($"Wrote {file}.");
            return true;
        }

        refused = text;
        if (old is null)
            File.Delete(path);
        else
            await Write(old, ct);
        await said.WriteLineAsync($"The proxy would refuse the new configuration, so {file} is as it was.");
        return false;
    }

    /// <summary>The draft has the owner and mode of the file that it replaces. A new one is for its owner only, since it holds secrets.</summary>
    private async Task Write(string text, CancellationToken ct)
    {
        var draft = $"{path}.{Environment.ProcessId}.new";
        try
        {
            await using (var stream = new FileStream(draft, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(text), ct);
                stream.Flush(flushToDisk: true);
            }

            if (File.Exists(path))
            {
                if (Environment.IsPrivilegedProcess)
                    await Run("chown", ["--reference", path, draft], null, ct);
                File.SetUnixFileMode(draft, File.GetUnixFileMode(path));
            }

            File.Move(draft, path, overwrite: true);
        }
        finally
        {
            File.Delete(draft);
        }
    }

    private async Task<bool> Succeeds(string what, string command, CancellationToken ct)
    {
        var (code, output) = await Run("/bin/sh", ["-c", command], path, ct);
        if (code != 0)
            await said.WriteLineAsync($"The command to {what} ended with {code}: {command}{Environment.NewLine}{output.Trim()}");
        return code == 0;
    }

    private static async Task<(int Code, string Output)> Run(string program, string[] arguments, string? configuration, CancellationToken ct)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (configuration is not null)
            start.Environment["FILE"] = configuration;
        using var process = Process.Start(start)!;
        using var late = CancellationTokenSource.CreateLinkedTokenSource(ct);
        late.CancelAfter(Patience);
        try
        {
            var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(late.Token), process.StandardError.ReadToEndAsync(late.Token));
            await process.WaitForExitAsync(late.Token);
            return (process.ExitCode, string.Concat(output));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            ct.ThrowIfCancellationRequested();
            return (-1, $"It did not end within {Patience.TotalSeconds:F0} s.");
        }
    }
}
