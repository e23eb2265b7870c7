using System.Text.Json;
using System.Text.Json.Serialization;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>The JSON of events and read-model rows: camelCase, enums as strings, unknown members ignored.</summary>
internal static class RegistryJson
{
    public static readonly JsonSerializerOptions Options = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.General)
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            Converters = { new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false) },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
