using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace PeerRegistry.Api.Tests.Sdk;

/// <summary>The SDKs for Python and TypeScript: their own test-suites, run by their own tools, against two live Portals.</summary>
public sealed class ScriptSdkTests(ScriptSdkPortals portals) : IClassFixture<ScriptSdkPortals>
{
    private static readonly string Folder = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "../../../sdk"));

    [Fact]
    public async Task The_Python_SDK_passes_its_tests()
    {
        var said = await Run("python", await portals.Describe("asgi", "wsgi"), "/usr/bin/python3", "-m", "pytest", "-q");
        Assert.Matches("[0-9]{3} passed in", said); // and none skipped
    }

    [Fact]
    public async Task The_types_of_the_Python_SDK_are_right() =>
        Assert.StartsWith("Success", await Run("python", null, "/usr/bin/mypy", "--cache-dir=/dev/null"), StringComparison.Ordinal);

    [Fact]
    public async Task The_TypeScript_SDK_compiles_and_passes_its_tests()
    {
        const string folder = "typescript";
        var built = Path.Combine(Folder, folder, "dist");
        if (Directory.Exists(built))
            Directory.Delete(built, recursive: true);
        await Run(folder, null, "node", "node_modules/typescript/bin/tsc");
        var tests = Directory.GetFiles(Path.Combine(built, "test"), "*.test.js");
        var said = await Run(folder, await portals.Describe("express", "hono"), "node", ["--test", "--test-reporter=tap", .. tests]);
        Assert.Matches("\n# pass [1-9]", said);
        Assert.Contains("\n# skipped 0\n", said, StringComparison.Ordinal);
    }

    /// <param name="folder">The folder of the SDK.</param>
    /// <param name="registry">What <see cref="ScriptSdkPortals.Describe"/> says, or null if none is needed.</param>
    /// <returns>What it printed.</returns>
    private static async Task<string> Run(string folder, string? registry, string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Path.Combine(Folder, folder),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["SDK_REGISTRY"] = registry, ["PYTHONDONTWRITEBYTECODE"] = "1" },
        })!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(3));
            var said = await output + await errors;
            Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{said}");
            return said;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
