using System.Text.Json;
using System.Text.Json.Serialization;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>How events and read-model rows are written: camelCase, enums as strings, members that are not known skipped.</summary>
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
