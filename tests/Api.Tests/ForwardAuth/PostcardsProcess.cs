using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace PeerRegistry.Api.Tests.ForwardAuth;

/// <summary>The sample app as it is, a process of its own on a free port.</summary>
internal sealed partial class PostcardsProcess : IAsyncDisposable
{
    private static readonly string Folder = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "../../../samples/Postcards"));

    private readonly Process process;

    private PostcardsProcess(Process process, string address) => (this.process, Address) = (process, address);

    /// <summary>Its <c>app_meta.json</c>.</summary>
    public static byte[] Description => File.ReadAllBytes(Path.Combine(Folder, "app_meta.json"));

    public string Address { get; }

    public static async Task<PostcardsProcess> Start(Uri core, string token)
    {
        var built = Path.GetFileName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)))!;
        var start = new ProcessStartInfo("dotnet", [Path.Combine(Folder, "bin", built, "net10.0/PeerRegistry.Postcards.dll")])
        {
            RedirectStandardOutput = true,
            Environment = { ["ASPNETCORE_URLS"] = "http://127.0.0.1:0", ["PORTAL_CORE"] = core.ToString(), ["PORTAL_TOKEN"] = token },
        };
        var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1)) is { } line)
        {
            if (Listening().Match(line) is { Success: true } said)
            {
                _ = process.StandardOutput.ReadToEndAsync();
                return new PostcardsProcess(process, said.Value);
            }
        }

        throw new InvalidOperationException("Postcards ended before it listened.");
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private static string Here([CallerFilePath] string path = "") => path;

    [GeneratedRegex("(?<=Now listening on: )http://[0-9.:]+")]
    private static partial Regex Listening();
}
