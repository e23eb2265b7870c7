using System.Globalization;
using System.Diagnostics;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Infrastructure.LocalPostgres;

/// <summary>PostgreSQL's own programs, as Debian installs them, run as the user that owns the cluster.</summary>
internal sealed class ServerPrograms(string? user)
{
    private const string Installed = "/usr/lib/postgresql";

    /// <returns>The exit code, and the output of both streams.</returns>
    public async Task<(int Code, string Said)> Run(string program, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        string[] command = user is null ? [program, .. arguments] : ["setpriv", $"--reuid={user}", $"--regid={user}", "--init-groups", program, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/", // that user may have no access to ours
            Environment = { ["LC_ALL"] = "C" },
        };
        foreach (var secret in start.Environment.Keys.Where(IsSecret).ToArray())
            start.Environment.Remove(secret); // the server runs on after us, and its user could read them
        using var process = Process.Start(start)!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(ct), process.StandardError.ReadToEndAsync(ct));
        await process.WaitForExitAsync(ct);
        return (process.ExitCode, string.Concat(said).Trim());
    }

    private static bool IsSecret(string variable) => variable.StartsWith("Backup__", StringComparison.OrdinalIgnoreCase);

    public async Task RunOrRefuse(string program, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        var (code, said) = await Run(program, arguments, ct);
        if (code != 0)
            throw new StartRefusedException($"{Path.GetFileName(program)} ended with {code}: {said}");
    }

    /// <param name="cluster">
    /// The cluster's directory. A cluster only runs with the major version that created it; a new one is created with the newest installed version.
    /// </param>
    /// <exception cref="StartRefusedException">PostgreSQL is not installed.</exception>
    public static string Folder(string cluster)
    {
        var made = Path.Combine(cluster, "PG_VERSION");
        var version = File.Exists(made) ? File.ReadAllText(made).Trim() : null;
        var folders = Directory.Exists(Installed) ? Directory.GetDirectories(Installed) : [];
        return folders.Where(f => File.Exists(Path.Combine(f, "bin/postgres")) && (version is null || Path.GetFileName(f) == version))
            .OrderByDescending(f => int.TryParse(Path.GetFileName(f), CultureInfo.InvariantCulture, out var number) ? number : 0)
            .Select(f => Path.Combine(f, "bin"))
            .FirstOrDefault() ?? throw new StartRefusedException(
                $"PostgreSQL {version} is not installed in {Installed}. Install the package postgresql{(version is null ? "" : "-" + version)}, or set ConnectionStrings__Registry.");
    }
}
