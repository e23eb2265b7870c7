using System.Text.Json;
using System.Text.Json.Serialization;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Domain.Circles;

/// <summary>The id of a circle: 16 random characters, never used again. It is the owner's alone. In JSON it is a string.</summary>
[JsonConverter(typeof(CircleIdJson))]
public readonly record struct CircleId
{
    public const int Length = 16;

    /// <summary>The random bytes that an id is made of.</summary>
    public const int Bytes = 10;

    private readonly string? value;

    private CircleId(string value) => this.value = value;

    public string Value => value ?? throw new InvalidOperationException("The id was never set.");

    /// <param name="random">Random bytes, <see cref="Bytes"/> of them.</param>
    public static CircleId Of(ReadOnlySpan<byte> random) => new(HumanEncoding.Encode(random));

    public static bool TryParse(string? text, out CircleId id)
    {
        var good = text is { Length: Length } && HumanEncoding.IsEncoded(text);
        id = good ? new CircleId(text!) : default;
        return good;
    }

    public override string ToString() => Value;

    private sealed class CircleIdJson : JsonConverter<CircleId>
    {
        public override CircleId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TryParse(reader.GetString(), out var id) ? id : throw new JsonException("Not the id of a circle.");

        public override void Write(Utf8JsonWriter writer, CircleId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
    }
}
