using System.Globalization;
using System.Text.Json;

namespace PeerRegistry.Dev;

/// <param name="Folder">The app's folder, or null if its processes run already.</param>
/// <param name="Urls">Where they run: Anna's, and perhaps Ben's.</param>
/// <param name="AppMeta">The path of the app's description.</param>
/// <param name="Test">Whether to run the app's test and end with it.</param>
/// <param name="Peers">How many further Portals have a scripted app.</param>
/// <param name="Original">Whether Ben's key is of the kind that the original core has.</param>
internal sealed record DevOptions(AppFolder? Folder, IReadOnlyList<Uri> Urls, string AppMeta, bool Test, int Peers, bool Original)
{
    /// <summary>Each is a whole registry with its own database.</summary>
    public const int MostPeers = 5;

    /// <exception cref="FormatException">Says in a sentence what is wrong.</exception>
    public static DevOptions Parse(IReadOnlyList<string> args)
    {
        var apps = new List<string>();
        var (meta, test, peers, original) = ((string?)null, false, 0, false);
        for (var i = 0; i < args.Count; i++)
        {
            switch (args[i])
            {
                case "--test": test = true; break;
                case "--original": original = true; break;
                case "--app-meta": meta = Value(++i); break;
                case "--peers": peers = Number(Value(++i)); break;
                case ['-', ..]: throw new FormatException($"{args[i]} is not known.");
                default: apps.Add(args[i]); break;
            }
        }

        return apps is [{ } folder] && !IsUrl(folder)
            ? OfFolder(folder, meta, test, peers, original)
            : OfUrls(apps, meta, test, peers, original);

        string Value(int i) => i < args.Count ? args[i] : throw new FormatException($"{args[^1]} needs a value.");
    }

    /// <exception cref="FormatException">The file is missing, or no description with a name.</exception>
    public string AppName()
    {
        try
        {
            using var description = JsonDocument.Parse(File.ReadAllBytes(AppMeta));
            return description.RootElement.GetProperty("name").GetString() is { Length: > 0 } name ? name : throw new KeyNotFoundException();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"The app's description cannot be read: {e.Message}", e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException($"{AppMeta} is not a JSON object with the app's name.", e);
        }
    }

    private static DevOptions OfFolder(string path, string? meta, bool test, int peers, bool original)
    {
        if (meta is not null)
            throw new FormatException("--app-meta belongs to a running process. A folder has its own app_meta.json.");
        var folder = AppFolder.Open(path);
        return test && folder.Test is null
            ? throw new FormatException($"{folder.Procfile} has no line that begins with \"test:\".")
            : new DevOptions(folder, [], Path.Combine(folder.Path, "app_meta.json"), test, peers, original);
    }

    private static DevOptions OfUrls(List<string> apps, string? meta, bool test, int peers, bool original) => apps switch
    {
        { Count: 0 or > 2 } => throw new FormatException("Name the folder of one app, or one or two URLs of its running processes."),
        _ when apps.Find(app => !IsUrl(app)) is { } other => throw new FormatException($"{other} is not a URL such as http://127.0.0.1:3000."),
        _ when test => throw new FormatException("--test needs the folder of an app, whose Procfile says how to test it."),
        _ when meta is null => throw new FormatException("A running process needs --app-meta FILE, the app's description."),
        _ => new DevOptions(null, [.. apps.Select(app => new Uri(app))], meta, test, peers, original),
    };

    private static bool IsUrl(string app) => Uri.TryCreate(app, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp && url.PathAndQuery == "/";

    private static int Number(string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= MostPeers
            ? number
            : throw new FormatException($"--peers takes a number up to {MostPeers}, not {value}.");
}
