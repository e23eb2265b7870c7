using System.Text.Json;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.OpenApi;

/// <summary>Describes the types that have a JSON converter of their own, and writes numbers and enums in the one form that answers have.</summary>
internal static class WireSchemas
{
    private const string Alphabet = "[a-hj-lnp-tv-z0-9]";

    private static readonly Dictionary<Type, OpenApiSchema> Scalars = new()
    {
        [typeof(PortalId)] = Text("The full ID of a Portal, 103 characters.", $"^{Alphabet}{{{PortalId.Length}}}$"),
        [typeof(ShortId)] = Text("The first six characters of an ID.", $"^{Alphabet}{{{ShortId.Length}}}$"),
        [typeof(TypedPortalId)] = Text(
            "The ID of a Portal, or its beginning, of at least six characters. Case, spaces and dashes are ignored.", "^[A-Za-z0-9 -]{6,}$"),
        [typeof(PublicKey)] = Text("An Ed25519 or RSA key: SubjectPublicKeyInfo as PEM.", "^-----BEGIN PUBLIC KEY-----\\n"),
        [typeof(CircleId)] = Text("The id of a circle.", $"^{Alphabet}{{{CircleId.Length}}}$"),
        [typeof(Optional<string?>)] = new() { Type = JsonSchemaType.String | JsonSchemaType.Null },
        [typeof(CircleSet)] = new() { Type = JsonSchemaType.Array, Items = Text("The id of a circle.", $"^{Alphabet}{{{CircleId.Length}}}$") },
        [typeof(Stream)] = new() { Type = JsonSchemaType.String, Format = "binary" },
        [typeof(IFormFile)] = new() { Type = JsonSchemaType.String, Format = "binary" },
        [typeof(JsonElement)] = new() { Type = JsonSchemaType.Object },
    };

    /// <summary>Whether the type is described where it is used, and not as a component.</summary>
    public static bool IsScalar(Type type) => Scalars.ContainsKey(Bare(type));

    public static Task Describe(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken _)
    {
        var type = context.JsonTypeInfo.Type;
        if (Scalars.TryGetValue(Bare(type), out var known))
        {
            var isNull = type != Bare(type) || (!type.IsValueType && context.JsonPropertyInfo is { IsGetNullable: true });
            schema.Type = isNull ? known.Type | JsonSchemaType.Null : known.Type;
            (schema.Pattern, schema.Items, schema.Format) = (known.Pattern, known.Items, known.Format);
            schema.Description ??= known.Description;
        }

        if (context.JsonTypeInfo.ElementType is { } element && Scalars.TryGetValue(Bare(element), out var each))
            schema.Items = each;
        if (Bare(type).IsEnum) // where it may be null, the member says so
            (schema.Type, schema.Enum) = (JsonSchemaType.String, schema.Enum?.Where(value => value?.GetValueKind() == JsonValueKind.String).ToList());
        if (schema.Type is { } kinds && (kinds.HasFlag(JsonSchemaType.Integer) || kinds.HasFlag(JsonSchemaType.Number)))
            (schema.Type, schema.Pattern) = (kinds & ~JsonSchemaType.String, null);
        return Task.CompletedTask;
    }

    private static Type Bare(Type type) => Nullable.GetUnderlyingType(type) ?? type;

    private static OpenApiSchema Text(string description, string pattern) =>
        new() { Type = JsonSchemaType.String, Description = description, Pattern = pattern };
}
