using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Portals;

/// <summary>
/// A Portal's ID: 103 characters, which are the <see cref="HumanEncoding"/> of the SHA-512 hash of its public key's PEM, trailing newline
/// included. In JSON it is a string.
/// </summary>
[JsonConverter(typeof(PortalIdJson))]
public readonly record struct PortalId
{
    public const int Length = 103;

    private readonly string? value;

    private PortalId(string value) => this.value = value;

    public string Value => value ?? throw new InvalidOperationException("The ID was never set.");

    public ShortId Short => ShortId.Of(this);

    public static PortalId Of(string publicKeyPem) => new(HumanEncoding.Encode(SHA512.HashData(Encoding.UTF8.GetBytes(publicKeyPem))));

    /// <summary>Accepts the exact spelling only; <see cref="TypedPortalId"/> is for what people type.</summary>
    public static bool TryParse(string? text, out PortalId id)
    {
        var good = text is { Length: Length } && HumanEncoding.IsEncoded(text);
        id = good ? new PortalId(text!) : default;
        return good;
    }

    /// <summary>Uses only the first characters, since the ID is a hash itself.</summary>
    public override int GetHashCode() => value is null ? 0 : string.GetHashCode(value.AsSpan(0, 16), StringComparison.Ordinal);

    /// <exception cref="RefusedException"><c>id_malformed</c></exception>
    public static PortalId Parse(string? text) => TryParse(text, out var id) ? id : throw TypedPortalId.Malformed();

    public override string ToString() => Value;

    private sealed class PortalIdJson : JsonConverter<PortalId>
    {
        public override PortalId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TryParse(reader.GetString(), out var id) ? id : throw new JsonException("Not a Portal ID.");

        public override void Write(Utf8JsonWriter writer, PortalId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
    }
}

/// <summary>The first six characters of a <see cref="PortalId"/>. It is used for routing and proves no identity.</summary>
[JsonConverter(typeof(ShortIdJson))]
public readonly record struct ShortId
{
    public const int Length = 6;

    private readonly string? value;

    private ShortId(string value) => this.value = value;

    public string Value => value ?? throw new InvalidOperationException("The short ID was never set.");

    public static ShortId Of(PortalId id) => new(id.Value[..Length]);

    public static bool TryParse(string? text, out ShortId id)
    {
        var good = text is { Length: Length } && HumanEncoding.IsEncoded(text);
        id = good ? new ShortId(text!) : default;
        return good;
    }

    public override string ToString() => Value;

    private sealed class ShortIdJson : JsonConverter<ShortId>
    {
        public override ShortId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            TryParse(reader.GetString(), out var id) ? id : throw new JsonException("Not a short ID.");

        public override void Write(Utf8JsonWriter writer, ShortId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
    }
}
