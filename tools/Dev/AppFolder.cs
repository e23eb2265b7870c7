using System.Collections.Immutable;
using System.IO.Enumeration;
using System.Text.RegularExpressions;

namespace PeerRegistry.Dev;

/// <summary>The folder of an app. Its <c>Procfile</c> has the commands, one a line: <c>web</c>, and perhaps <c>build</c> and <c>test</c>.</summary>
internal sealed partial class AppFolder
{
    /// <summary>What tools write, not authors; and whatever begins with a dot.</summary>
    private static readonly string[] Unwatched = ["__pycache__", "bin", "build", "dist", "node_modules", "obj", "target", "venv"];

    private readonly Dictionary<string, string> commands;

    private AppFolder(string path, Dictionary<string, string> commands) => (Path, this.commands) = (path, commands);

    public string Path { get; }

    public string Procfile => System.IO.Path.Combine(Path, nameof(Procfile));

    /// <summary>Starts one process of the app.</summary>
    public string Web => commands["web"];

    /// <summary>Runs before the processes start, each time; or null.</summary>
    public string? Build => commands.GetValueOrDefault("build");

    /// <summary>Tests the app while it runs on both Portals, or null.</summary>
    public string? Test => commands.GetValueOrDefault("test");

    /// <exception cref="FormatException">Says in a sentence what is missing.</exception>
    public static AppFolder Open(string path)
    {
        if (!Directory.Exists(path))
            throw new FormatException($"There is no folder {path}.");
        var file = System.IO.Path.Combine(path, nameof(Procfile));
        if (!File.Exists(file))
            throw new FormatException($"{path} has no Procfile. Write one with the command that starts the app, such as: web: python3 app.py");

        var commands = File.ReadLines(file).Select(line => Line().Match(line)).Where(line => line.Success)
            .DistinctBy(line => line.Groups["name"].Value, StringComparer.Ordinal)
            .ToDictionary(line => line.Groups["name"].Value, line => line.Groups["command"].Value, StringComparer.Ordinal);
        return commands.ContainsKey("web")
            ? new AppFolder(System.IO.Path.GetFullPath(path), commands)
            : throw new FormatException($"{file} has no line that begins with \"web:\".");
    }

    /// <returns>Each file of the author, and what changes when it is written.</returns>
    public ImmutableDictionary<string, (DateTime, long)> Files() => new FileSystemEnumerable<(string Name, (DateTime, long) Version)>(
        Path,
        (ref entry) => (System.IO.Path.GetRelativePath(Path, entry.ToFullPath()), (entry.LastWriteTimeUtc.UtcDateTime, entry.Length)),
        new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
    {
        ShouldIncludePredicate = (ref entry) => !entry.IsDirectory && entry.FileName[0] != '.',
        ShouldRecursePredicate = (ref entry) => entry.FileName[0] != '.' && !Unwatched.Contains(entry.FileName.ToString()),
    }.ToImmutableDictionary(file => file.Name, file => file.Version, StringComparer.Ordinal);

    /// <summary>Waits until files differ from what they were, and have stayed the same for a moment.</summary>
    /// <returns>The names of those that differ, and all of them now.</returns>
    public async Task<(IReadOnlyList<string> Names, ImmutableDictionary<string, (DateTime, long)> Now)> Changed(
        ImmutableDictionary<string, (DateTime, long)> before, CancellationToken ct)
    {
        for (var last = before; ;)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, ct);
            if (FilesUnlessTheyMove() is not { } now)
                continue;
            var isSettled = Differences(last, now).Count == 0;
            if (isSettled && Differences(before, now) is { Count: > 0 } changed)
                return (changed, now);
            last = now;
        }
    }

    /// <returns>Null if a folder vanished while it was read.</returns>
    private ImmutableDictionary<string, (DateTime, long)>? FilesUnlessTheyMove()
    {
        try
        {
            return Files();
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static List<string> Differences(ImmutableDictionary<string, (DateTime, long)> one, ImmutableDictionary<string, (DateTime, long)> other) =>
        [.. one.Except(other).Concat(other.Except(one)).Select(file => file.Key).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    [GeneratedRegex(@"\A(?<name>[A-Za-z0-9_-]+):\s*(?<command>\S.*)\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Line();
}
