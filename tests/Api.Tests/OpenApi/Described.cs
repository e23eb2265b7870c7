using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace PeerRegistry.Api.Tests.OpenApi;

/// <summary>An operation as the document has it.</summary>
internal sealed record DescribedOperation(string Id, HttpMethod Method, string Path, JsonObject Json)
{
    public bool IsSecured => Json["security"] is JsonArray { Count: > 0 };

    /// <summary>The example of its body of JSON, or null if it has none.</summary>
    public string? Body => Json["requestBody"]?["content"]?["application/json"]?["example"]?.ToJsonString();

    public override string ToString() => $"{Id} ({Method} {Path})";
}

/// <summary>An OpenAPI document, which requests and answers are compared with.</summary>
internal sealed class DescribedApi
{
    private const string Problem = "application/problem+json";

    private readonly JsonObject document;
    private readonly JsonObject definitions;

    public DescribedApi(string json)
    {
        document = (JsonObject)JsonNode.Parse(json)!;
        definitions = (JsonObject)Inner(document["components"]!["schemas"]!);
        foreach (var (_, schema) in definitions)
        {
            // an answer may not have a member that nobody has described, although clients must bear one
            if (schema is JsonObject { } described && described["properties"] is not null)
                described["additionalProperties"] ??= false;
        }

        definitions["Problem"]!["additionalProperties"] = true; // it is a part of others
        Operations =
        [
            .. from path in (JsonObject)document["paths"]!
               from operation in (JsonObject)path.Value!
               select new DescribedOperation(
                   operation.Value!["operationId"]!.GetValue<string>(), HttpMethod.Parse(operation.Key), path.Key, (JsonObject)operation.Value!),
        ];
    }

    public IReadOnlyList<DescribedOperation> Operations { get; }

    public DescribedOperation Operation(string id) => Operations.Single(operation => operation.Id == id);

    /// <summary>Every body that the document gives an example of, with its schema.</summary>
    public IEnumerable<(string Place, JsonNode Schema, JsonNode? Example)> Examples() =>
        from operation in Operations
        from content in operation.Json["responses"]!.AsObject()
            .Where(response => response.Key != "default") // any problem
            .Select(response => (Place: response.Key, Content: Resolved(response.Value!)["content"]))
            .Append((Place: "request", Content: operation.Json["requestBody"]?["content"]))
        from type in content.Content?.AsObject() ?? []
        where type.Key.EndsWith("json", StringComparison.Ordinal) && type.Value!["schema"] is not null
        select ($"{operation}, {content.Place}", type.Value!["schema"]!, type.Value!["example"]);

    /// <summary>Fails if the document does not have this body of a request.</summary>
    public void CheckRequest(DescribedOperation operation, string body) =>
        Check($"The request of {operation}", operation.Json["requestBody"]!["content"]!["application/json"]!["schema"], JsonNode.Parse(body));

    /// <summary>Fails if the document does not have this answer.</summary>
    /// <param name="mayBeOther">Whether it may be one of the problems that every operation has.</param>
    public void CheckAnswer(DescribedOperation operation, int status, string? type, string body, bool mayBeOther = false)
    {
        var place = $"The answer {status} of {operation}";
        var responses = operation.Json["responses"]!.AsObject();
        var response = responses.TryGetPropertyValue($"{status}", out var known) ? Resolved(known!) : null;
        if (operation.Method == HttpMethod.Head)
        {
            Assert.True(body.Length == 0 && (response is not null || mayBeOther), $"{place} is not described: {body}");
            return;
        }

        if (type == Problem && mayBeOther && (response is null || !Codes(response).Contains(CodeOf(body))))
        {
            Assert.Contains(CodeOf(body), Resolved(responses["default"]!)["description"]!.GetValue<string>(), StringComparison.Ordinal);
            return;
        }

        Assert.True(response is not null, $"{place} is not described: {body}");
        var content = response["content"]?.AsObject();
        if (content is null)
        {
            Assert.True(body.Length == 0 || operation.Id.StartsWith("call-peer", StringComparison.Ordinal), $"{place} has a body: {body}");
            return;
        }

        Assert.True(type is not null && content.ContainsKey(type), $"{place} is of the type {type}.");
        if (type.EndsWith("json", StringComparison.Ordinal))
            Check(place, content[type]!["schema"], JsonNode.Parse(body));
    }

    public void Check(string place, JsonNode? schema, JsonNode? instance)
    {
        var whole = (JsonObject)Inner(schema!);
        whole["$defs"] = definitions.DeepClone();
        var found = JsonSchema.FromText(whole.ToJsonString()).Evaluate(
            JsonSerializer.SerializeToElement(instance), new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(found.IsValid, $"{place} is not as it is described: {string.Join("; ", Errors(found))}\n{instance?.ToJsonString()}");
    }

    private static IEnumerable<string> Errors(EvaluationResults found) =>
        from part in found.Details ?? []
        from error in part.Errors ?? new Dictionary<string, string>()
        select $"{part.InstanceLocation} {error.Key}: {error.Value}";

    private static string CodeOf(string problem) => JsonNode.Parse(problem)!["code"]!.GetValue<string>();

    private static IEnumerable<string> Codes(JsonNode response) =>
        response["content"]?[Problem]?["schema"]?["allOf"]?[1]?["properties"]?["code"]?["enum"]?.AsArray().Select(code => code!.GetValue<string>()) ?? [];

    /// <summary>The same with references to where <see cref="Check"/> puts the schemas.</summary>
    private static JsonNode Inner(JsonNode schema) =>
        JsonNode.Parse(schema.ToJsonString().Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal))!;

    private JsonNode Resolved(JsonNode response) => response["$ref"] is { } reference
        ? document["components"]!["responses"]![reference.GetValue<string>().Split('/')[^1]]!
        : response;
}
