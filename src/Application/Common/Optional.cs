using System.Text.Json;
using System.Text.Json.Serialization;

namespace PeerRegistry.Application.Common;

/// <summary>A member of a request that may be absent, which is not the same as null: absent leaves unchanged, null clears.</summary>
[JsonConverter(typeof(OptionalJson))]
public readonly record struct Optional<T>(T Value)
{
    private readonly bool given = true;

    public T Or(T otherwise) => given ? Value : otherwise;
}

/// <summary>Reads only. A converter is not called for an absent member, which so stays <c>default</c>.</summary>
internal sealed class OptionalJson : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) =>
        typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(Optional<>);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Of<>).MakeGenericType(typeToConvert.GenericTypeArguments[0]))!;

    private sealed class Of<T> : JsonConverter<Optional<T>>
    {
        public override bool HandleNull => true;

        public override Optional<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(JsonSerializer.Deserialize<T>(ref reader, options)!);

        public override void Write(Utf8JsonWriter writer, Optional<T> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.Value, options);
    }
}
