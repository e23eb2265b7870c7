using System.Text.Json;
using System.Text.Json.Serialization;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Portals;

/// <summary>
/// A Portal's ID, or the beginning of one, as a person typed it: 6 to 103 characters. Case, spaces and dashes are ignored. In JSON it is
/// a string in its normal spelling.
/// </summary>
[JsonConverter(typeof(TypedPortalIdJson))]
public readonly record struct TypedPortalId
{
    private readonly string? value;

    private TypedPortalId(string value) => this.value = value;

    public string Value => value ?? throw new InvalidOperationException("The ID was never set.");

    public ShortId Short => ShortId.TryParse(Value[..ShortId.Length], out var id) ? id : throw new InvalidOperationException();

    /// <summary>Whether all 103 characters were typed, so that only one Portal can match.</summary>
    public bool IsFull => Value.Length == PortalId.Length;

    public static TypedPortalId Of(PortalId id) => new(id.Value);

    public static TypedPortalId Of(ShortId id) => new(id.Value);

    public static bool TryParse(string? text, out TypedPortalId id)
    {
        id = default;
        if (text is null or { Length: > 4 * PortalId.Length })
            return false;

        var normal = text.Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();
        if (normal.Length is < ShortId.Length or > PortalId.Length || !HumanEncoding.IsEncoded(normal))
            return false;

        id = new TypedPortalId(normal);
        return true;
    }

    /// <exception cref="RefusedException"><c>id_malformed</c></exception>
    public static TypedPortalId Parse(string? text) => TryParse(text, out var id) ? id : throw Malformed();

    public bool Matches(PortalId id) => id.Value.StartsWith(Value, StringComparison.Ordinal);

    public override string ToString() => Value;

    internal static RefusedException Malformed() => new(RefusalKind.Invalid, "id_malformed",
        "This is not the ID of a Portal. Copy the whole ID, or at least its first six characters, from their public page.");

    private sealed class TypedPortalIdJson : JsonConverter<TypedPortalId>
    {
        public override TypedPortalId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Parse(reader.GetString());

        public override void Write(Utf8JsonWriter writer, TypedPortalId value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Value);
    }
}
