using System.Text.Json;

namespace PeerRegistry.Protocol.Vectors;

/// <summary>The vector files that are part of this project, and those that only lie beside the repository on some machines.</summary>
internal static class VectorFile
{
    internal static JsonElement Read(string name)
    {
        using var stream = typeof(VectorFile).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
        using var json = JsonDocument.Parse(stream);
        return json.RootElement.Clone();
    }

    /// <returns>Null where there is none.</returns>
    internal static string? SharedFolder(string path)
    {
        for (var above = Repository().Parent; above is not null; above = above.Parent)
        {
            var folder = Path.Combine(above.FullName, "shared", path);
            if (Directory.Exists(folder))
                return folder;
        }

        return null;
    }

    internal static DirectoryInfo Repository()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "PeerRegistry.sln")))
            root = root.Parent ?? throw new DirectoryNotFoundException("The tests have to run inside the repository.");

        return root;
    }

    internal static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;

    internal static bool Flag(this JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.GetBoolean();

    /// <summary>Pairs of name and value.</summary>
    internal static IEnumerable<KeyValuePair<string, string>> Pairs(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var lines)
            ? lines.EnumerateArray().Select(line => KeyValuePair.Create(line[0].GetString()!, line[1].GetString()!))
            : [];
}
