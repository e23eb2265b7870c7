using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace PeerRegistry.Api.OpenApi;

/// <summary>Gives every body and parameter an example, made from its schema.</summary>
internal static class Examples
{
    private const string Id = "2wlwgylnh8htrhgndav6xerbbfbej05lpfh6ade3aw9n2c3b23xplzawev3l3kbeyjwky0cg8a7by9hg8b3zkjgvbf6sbpt7c16pndj";
    private const string Pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
    private const string Call = "8e03978e-40d5-43e8-bc93-6e26fd1d3a65";
    private const string Time = "2026-05-04T12:00:00+00:00";

    /// <summary>By the name of the member; where it means something else in one type, by that of the type, too.</summary>
    private static readonly Dictionary<string, string> Texts = new()
    {
        ["PeerError.code"] = "connection_refused", ["CheckStep.code"] = "name_resolved", ["AppItem.name"] = "photo-wall", ["DeviceName.name"] = "Laptop",
        ["TerminalItem.name"] = "Laptop", ["PairedDevice.name"] = "Laptop", ["AppPasswordName.name"] = "Calendar", ["AppPassword.name"] = "Calendar",
        ["CreatedAppPassword.name"] = "Calendar", ["UndeliveredEvent.type"] = "peer_renamed", ["UndeliveredEvent.error"] = "app_refused",
        ["WebhookSecretAnswer.secret"] = $"whsec_{Convert.ToBase64String(new byte[32])}", ["WebhookSecretAnswer.path"] = "/hooks/peers",
        ["webhook"] = "/hooks/peers", ["CircleName.name"] = "Choir", ["CircleItem.name"] = "Choir", ["CircleDetail.name"] = "Choir",
        ["detail"] = "Nothing accepts connections at this port.", ["reason"] = "Everybody may reach this path.", ["keyid"] = Id,
        ["name"] = "Anna", ["petname"] = "Anna", ["claimed_name"] = "Anna B.", ["note"] = "From the choir", ["label"] = "For Ben",
        ["domain"] = $"{Id[..6]}.example.org", ["address"] = $"{Id[..6]}.example.org", ["email"] = "anna@example.org",
        ["description"] = "Photos and bicycles.", ["public_key_pem"] = Pem, ["public_bytes_b64"] = Pem, ["token"] = new('A', 43),
        ["code"] = "12345678", ["url"] = $"https://{Id[..6]}.example.org/", ["language"] = "de", ["path"] = "/", ["app"] = "photo-wall",
        ["challenge"] = new('A', 22), ["status"] = "mutual", ["peering"] = "offered", ["text"] = $"{Id[..6]}.example.org", ["type"] = "peer_added",
        ["after"] = "1", ["permission"] = "profile",
        ["stream"] = $"peer-{Id[..6]}", ["actor"] = "system", ["as"] = "anonymous", ["to"] = "/", ["state"] = new('A', 43), ["ticket"] = new('A', 43),
        ["password"] = new('A', 43), ["header"] = "X-Ptl-Proxy-Secret", ["secret"] = new('A', 43), ["comparison"] = "12345 67890 12345 67890",
        ["DeferredCallItem.reason"] = "connection_refused", ["AppCallItem.reason"] = "connection_refused", ["call"] = Call,
        ["DeferredCallItem.path"] = "/postcards", ["AppCallItem.path"] = "/postcards", ["method"] = "POST", ["idempotency_key"] = "card-17",
        ["target_uri"] = $"https://postcards.{Id[..6]}.example.org/postcards", ["field"] = "Content-Type", ["value"] = "text/plain",
        ["pretty_name"] = "Photo wall", ["v"] = "1.3", ["container_name"] = "photo-wall", ["entrypoint_port"] = "http", ["minimum_portal_size"] = "xs",
    };

    private static readonly Dictionary<string, int> Numbers = new()
    {
        ["container_port"] = 8080, ["days"] = 7, ["limit"] = 100, ["port"] = 443, ["revision"] = 1, ["status"] = 503, ["answer_status"] = 201,
    };

    private static readonly string[] UsuallyFalse = ["blocked", "is_original", "revoked", "email_public", "skip_pause"];

    public static void AddTo(OpenApiDocument document)
    {
        foreach (var operation in document.Paths.Values.SelectMany(path => path.Operations!.Values))
        {
            foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
                parameter.Example ??= Of(parameter.Schema, parameter.Name!);
            AddTo(operation.RequestBody?.Content);
            foreach (var response in operation.Responses!.Values.OfType<OpenApiResponse>())
                AddTo(response.Content);
        }
    }

    private static void AddTo(IDictionary<string, OpenApiMediaType>? content)
    {
        foreach (var (type, body) in content ?? new Dictionary<string, OpenApiMediaType>())
        {
            if (type.EndsWith("json", StringComparison.Ordinal) && body.Schema is not null)
                body.Example ??= Of(body.Schema, "");
        }
    }

    private static JsonNode? Of(IOpenApiSchema? schema, string name)
    {
        if (schema is null)
            return null;
        if (schema.Enum is { Count: > 0 } allowed)
            return allowed[0].DeepClone();
        if (schema.AllOf is { Count: > 0 } all)
            return All(all, name);
        if (schema.OneOf?.FirstOrDefault(one => one.Type != JsonSchemaType.Null) is { } some)
            return Of(some, name);

        return (schema.Type & ~JsonSchemaType.Null) switch
        {
            JsonSchemaType.Object => Object(schema),
            JsonSchemaType.Array => new JsonArray([.. schema.Items is { } items ? new[] { Of(items, name) } : []]),
            JsonSchemaType.Boolean => JsonValue.Create(!UsuallyFalse.Contains(name)),
            JsonSchemaType.Integer => JsonValue.Create(Numbers.GetValueOrDefault(name, 1)),
            JsonSchemaType.String => JsonValue.Create(Text(schema, name)),
            _ => null,
        };
    }

    private static JsonObject All(IList<IOpenApiSchema> parts, string name)
    {
        var whole = new JsonObject();
        foreach (var part in parts)
        {
            foreach (var (member, value) in (JsonObject)Of(part, name)!)
                whole[member] = value?.DeepClone();
        }

        return whole;
    }

    private static JsonObject Object(IOpenApiSchema schema)
    {
        var example = new JsonObject();
        var type = (schema as OpenApiSchemaReference)?.Reference.Id;
        foreach (var (name, property) in schema.Properties ?? new Dictionary<string, IOpenApiSchema>())
            example[name] = Texts.TryGetValue($"{type}.{name}", out var text) ? text : Of(property, name);
        return example;
    }

    private static string Text(IOpenApiSchema schema, string name) => schema switch
    {
        { Format: "date-time" } => Time,
        { Format: "uuid" } => Call,
        { Pattern: { } pattern } when pattern.Contains("{103}", StringComparison.Ordinal) => Id,
        { Pattern: { } pattern } when pattern.Contains("{6}", StringComparison.Ordinal) => Id[..6],
        { Pattern: { } pattern } when pattern.Contains("{16}", StringComparison.Ordinal) => Id[..16],
        { Pattern: { } pattern } when pattern.Contains("BEGIN", StringComparison.Ordinal) => Pem,
        { Pattern: not null } => Id,
        _ => Texts.GetValueOrDefault(name) ?? (name is "id" ? Id : "text"),
    };
}
