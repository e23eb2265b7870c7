using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>
/// The JSON of events and read-model rows: camelCase, enums as strings, unknown members ignored. What an aggregate computes from its state is not stored.
/// </summary>
internal static class RegistryJson
{
    public static readonly JsonSerializerOptions Options = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.General)
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            Converters = { new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false) },
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveOutComputed } },
        };
        options.MakeReadOnly();
        return options;
    }

    private static void LeaveOutComputed(JsonTypeInfo type)
    {
        if (!Array.Exists(type.Type.GetInterfaces(), i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IAggregate<,>)))
            return;

        foreach (var computed in type.Properties.Where(property => property.Set is null).ToList())
            type.Properties.Remove(computed);
    }
}
