using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using PeerRegistry.Api.Tests.Hosting;
using PeerRegistry.Domain.Portals;
using SkiaSharp;

namespace PeerRegistry.Api.Tests.Originals;

/// <summary>A data folder as version 0.40 of the original core leaves it after a backup: every table, with the columns and types that it writes.</summary>
internal sealed class OriginalFolder : IDisposable
{
    private readonly TemporaryData data = new();
    private readonly Dictionary<PortalId, PublicKey> keys = [];

    public OriginalFolder()
    {
        (Id, var key) = NewIdentity();
        (SecondId, var second) = NewIdentity();
        (Peer, _) = NewIdentity();
        Tables = new JsonObject
        {
            ["app_usage_tracks"] = new JsonArray(),
            ["backups"] = new JsonArray(),
            ["identities"] = new JsonArray(Identity(SecondId, "Work", second, isDefault: false), Identity(Id, "Anna Čapková", key, isDefault: true)),
            ["installed_apps"] = new JsonArray(App("notes"), App("broken")),
            ["kv_store"] = new JsonArray(new JsonObject { ["key"] = "terminal_jwt_secret", ["value"] = "not taken over" }),
            ["peers"] = new JsonArray(
                Contact(Peer.Value, "Ben", PeerKey.Pem), Contact("zzzzzz", null, null), Contact(Id.Value, "Myself", null),
                Contact("aaaaaa" + Peer.Value[6..], "Liar", PeerKey.Pem)),
            ["terminals"] = new JsonArray(Terminal("a1b2c3", "Anna's notebook"), Terminal("../../x", "Trick")),
            ["tours"] = new JsonArray(),
        };
        Write("installed_apps/notes/app_meta.json", Encoding.UTF8.GetBytes(
            $$"""
            {
              "v": "1.2", "app_version": "1", "name": "notes", "pretty_name": "Notes", "icon": "icon.svg",
              "entrypoints": [{ "container_name": "notes-{{Id.Short}}", "container_port": 80, "entrypoint_port": "http" }],
              "paths": { "": { "access": "private" } }
            }
            """));
        Write("installed_apps/broken/app_meta.json", "{"u8.ToArray());
        Write($"assets/avatars/{Id}.png", Picture());
        WriteTables();
    }

    public string Path => data.Directory;

    public PortalId Id { get; }

    public PortalId SecondId { get; }

    public PortalId Peer { get; }

    /// <summary>The key of <see cref="Peer"/>.</summary>
    public PublicKey PeerKey => keys[Peer];

    public JsonObject Tables { get; }

    public void WriteTables() => Write("db_snapshot.json", Encoding.UTF8.GetBytes(Tables.ToJsonString()));

    public void Write(string name, byte[] bytes)
    {
        var file = System.IO.Path.Combine(Path, "core", name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, bytes);
    }

    public void Dispose() => data.Dispose();

    /// <returns>Every file with its hash.</returns>
    public IReadOnlyList<string> Files() =>
    [
        .. Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => $"{file} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))}"),
    ];

    private (PortalId Id, string PrivateKey) NewIdentity()
    {
        using var rsa = RSA.Create(2048);
        var key = PublicKey.Parse(rsa.ExportSubjectPublicKeyInfoPem() + "\n");
        keys[key.Id] = key;
        return (key.Id, rsa.ExportPkcs8PrivateKeyPem() + "\n");
    }

    private static JsonObject Identity(PortalId id, string name, string key, bool isDefault) => new()
    {
        ["id"] = id.Value, ["name"] = name, ["email"] = "anna@example.org", ["description"] = "I keep **bees**.", ["private_key"] = key,
        ["is_default"] = isDefault,
    };

    private static JsonObject App(string name) => new()
    {
        ["name"] = name, ["installation_reason"] = "custom", ["status"] = "running", ["last_access"] = "2026-07-24T13:11:34.002497+00:00",
    };

    private static JsonObject Contact(string id, string? name, string? key) => new()
    {
        ["id"] = id, ["name"] = name, ["public_bytes_b64"] = key, ["is_reachable"] = true,
    };

    private static JsonObject Terminal(string id, string name) => new()
    {
        ["id"] = id, ["name"] = name, ["icon"] = "notebook", ["last_connection"] = null,
    };

    private static byte[] Picture()
    {
        using var bitmap = new SKBitmap(8, 8);
        bitmap.Erase(SKColors.Teal);
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }
}
