using System.Text.Json;
using System.Text.Json.Serialization;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.EventStore;

/// <summary>How events and read-model rows are written: camelCase, enums as strings, members that are not known skipped.</summary>
internal static class RegistryJson
{
    public static readonly JsonSerializerOptions Options = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.General)
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            Converters = { new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false), new PortalIds() },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    /// <summary>System.Text.Json writes a read-only set but cannot make one.</summary>
    private sealed class PortalIds : JsonConverter<IReadOnlySet<PortalId>>
    {
        public override IReadOnlySet<PortalId>? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            JsonSerializer.Deserialize<HashSet<PortalId>>(ref reader, options);

        public override void Write(Utf8JsonWriter writer, IReadOnlySet<PortalId> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize<IEnumerable<PortalId>>(writer, value, options);
    }
}
