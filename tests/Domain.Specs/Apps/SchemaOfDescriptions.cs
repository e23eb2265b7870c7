using System.Text.Json;
using Json.Schema;

namespace PeerRegistry.Domain.Specs.Apps;

/// <summary>The JSON schema of <c>app_meta.json</c> that the registry serves, which must say what the parser does.</summary>
internal static class SchemaOfDescriptions
{
    private static readonly JsonSchema Schema = JsonSchema.FromText(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "app_meta.schema.json")));

    public static bool Accepts(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return Schema.Evaluate(json.RootElement).IsValid;
        }
        catch (JsonException)
        {
            return false;
        }
        catch (InvalidOperationException)
        {
            return false; // half a surrogate pair, which no validator can read as a text
        }
    }

    public static bool AcceptsTemplate(string template) => Accepts(
        $$"""{ "v": "1.0", "name": "a", "paths": { "": { "access": "public", "headers": { "X-Ptl-A": {{JsonSerializer.Serialize(template)}} } } } }""");
}
