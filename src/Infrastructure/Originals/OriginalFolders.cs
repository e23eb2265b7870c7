using System.Text.Json;
using PeerRegistry.Application.Originals;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Originals;

/// <summary>
/// Reads the data folder of the original core. <c>core/db_snapshot.json</c>, written before each of its backups, has a list of rows for each table;
/// <c>core/shard_core_db.json</c>, its database before version 0.38, has an object with a member for each row.
/// </summary>
internal sealed class OriginalFolders : IOriginalFolders
{
    /// <summary>In bytes; a snapshot with a million rows is smaller.</summary>
    private const int MaxDatabase = 256 << 20;

    private static readonly string[] Databases = ["db_snapshot.json", "shard_core_db.json"];

    public async Task<OriginalData> Read(string folder, CancellationToken ct)
    {
        var core = Path.Combine(folder, "core");
        var file = Databases.Select(name => Path.Combine(core, name)).FirstOrDefault(File.Exists)
            ?? throw new RefusedException(RefusalKind.NotFound, "import_source_missing",
                $"There is no {string.Join(" or ", Databases)} in {core}. Name the data folder of the original core, in which the folder core is.");
        var bytes = await ReadFile(file, MaxDatabase, ct);
        if (bytes.Length > MaxDatabase)
            throw Invalid(file, "it is larger than 256 MiB");

        try
        {
            using var json = JsonDocument.Parse(bytes);
            return await Read(json.RootElement, core, ct);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw Invalid(file, e is JsonException ? "it is not valid JSON" : "a table or a member of a row is missing, or of another type");
        }
    }

    private static async Task<OriginalData> Read(JsonElement database, string core, CancellationToken ct)
    {
        var identities = new List<OriginalIdentity>();
        foreach (var row in Rows(database.GetProperty("identities")))
        {
            var id = Id(row);
            identities.Add(new(
                id, Text(row, "name"), Text(row, "email"), Text(row, "description"), row.GetProperty("private_key").GetString() ?? "",
                row.GetProperty("is_default").GetBoolean(), await Avatar(core, id, ct)));
        }

        var apps = new List<OriginalApp>();
        foreach (var row in Rows(database.GetProperty("installed_apps")))
        {
            var name = row.GetProperty("name").GetString() ?? "";
            apps.Add(new(name, await Description(core, name, ct)));
        }

        var peers = Rows(database.GetProperty("peers")).Select(row => new OriginalPeer(Id(row), Text(row, "name"), Text(row, "public_bytes_b64")));
        var terminals = Rows(database.GetProperty("terminals")).Select(row => new OriginalTerminal(Id(row), Text(row, "name")));
        return new OriginalData(identities, [.. peers], [.. terminals], apps);
    }

    private static string Id(JsonElement row) => row.GetProperty("id").GetString() ?? "";

    private static IEnumerable<JsonElement> Rows(JsonElement table) =>
        table.ValueKind == JsonValueKind.Object ? table.EnumerateObject().Select(row => row.Value) : table.EnumerateArray();

    private static string? Text(JsonElement row, string member) => row.TryGetProperty(member, out var text) ? text.GetString() : null;

    /// <summary>The original names the file by the ID and the type that was uploaded.</summary>
    private static async Task<ReadOnlyMemory<byte>?> Avatar(string core, string id, CancellationToken ct)
    {
        var avatars = Path.Combine(core, "assets", "avatars");
        if (!PortalId.TryParse(id, out _) || !Directory.Exists(avatars))
            return null;

        var file = Directory.EnumerateFiles(avatars, $"{id}.*").Order(StringComparer.Ordinal).FirstOrDefault();
        if (file is null)
            return null;
        return await ReadFile(file, UploadedPicture.MaxLength, ct);
    }

    private static async Task<ReadOnlyMemory<byte>?> Description(string core, string app, CancellationToken ct)
    {
        var file = AppName.IsValid(app) ? Path.Combine(core, "installed_apps", app, "app_meta.json") : null;
        if (!File.Exists(file))
            return null;
        return await ReadFile(file, AppMetaParser.MaxBytes, ct);
    }

    /// <returns>The bytes, but at most one more than allowed.</returns>
    private static async Task<ReadOnlyMemory<byte>> ReadFile(string file, int atMost, CancellationToken ct)
    {
        await using var stream = File.OpenRead(file);
        var bytes = new byte[(int)Math.Min(stream.Length, atMost + 1L)];
        var length = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, ct);
        return bytes.AsMemory(0, length);
    }

    private static RefusedException Invalid(string file, string why) =>
        new(RefusalKind.Invalid, "import_source_invalid", $"{file} cannot be imported: {why}.");
}
