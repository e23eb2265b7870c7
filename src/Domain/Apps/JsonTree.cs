using System.Text;
using System.Text.Json;

namespace PeerRegistry.Domain.Apps;

/// <summary>A JSON value with its position in the text, for error messages.</summary>
/// <param name="Path">The path, such as <c>$.paths["/pub"].access</c>.</param>
/// <param name="Offset">In bytes from the start of the text.</param>
internal sealed record JsonNode(string Path, JsonTokenType Kind, long Offset, string Text)
{
    public IReadOnlyList<KeyValuePair<string, JsonNode>> Members { get; init; } = [];

    public IReadOnlyList<JsonNode> Items { get; init; } = [];

    public JsonNode? this[string member] => Members.FirstOrDefault(m => m.Key == member).Value;

    public string Found => Kind switch
    {
        JsonTokenType.String => $"\"{(Text.Length > 40 ? Text[..40] + "…" : Text)}\"",
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.Null => "null",
        _ => Text,
    };
}

/// <summary>Reads a JSON text into <see cref="JsonNode"/>s. A member that occurs twice is an error.</summary>
internal sealed class JsonTree
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, true);
    private readonly ReadOnlyMemory<byte> json;

    private JsonTree(ReadOnlyMemory<byte> json) => this.json = json;

    /// <exception cref="Common.RefusedException"><c>app_meta_invalid</c></exception>
    public static (JsonNode Root, Func<JsonNode, string> Where) Read(ReadOnlyMemory<byte> json)
    {
        if (json.Span.StartsWith("\uFEFF"u8))
            json = json[3..];

        var tree = new JsonTree(json);
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = 32 });
        try
        {
            reader.Read();
            var root = tree.Value(ref reader, "$");
            reader.Read();
            return (root, node => tree.Position(node.Offset));
        }
        catch (JsonException e)
        {
            throw AppMeta.Refuse($"This is not valid JSON from line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1} on.");
        }
        catch (InvalidOperationException)
        {
            throw AppMeta.Refuse("This is not valid JSON: a string in it is not UTF-8.");
        }
    }

    private JsonNode Value(ref Utf8JsonReader reader, string path) => reader.TokenType switch
    {
        JsonTokenType.StartObject => Object(ref reader, path),
        JsonTokenType.StartArray => List(ref reader, path),
        JsonTokenType.String => new JsonNode(path, reader.TokenType, reader.TokenStartIndex, Text(ref reader, path)),
        _ => new JsonNode(path, reader.TokenType, reader.TokenStartIndex, StrictUtf8.GetString(reader.ValueSpan)),
    };

    /// <summary>Reads a string. A NUL in it is an error, because PostgreSQL cannot store one in a text.</summary>
    private string Text(ref Utf8JsonReader reader, string path)
    {
        var text = reader.GetString()!;
        return text.Contains('\0', StringComparison.Ordinal)
            ? throw AppMeta.Refuse($"{path}, {Position(reader.TokenStartIndex)}: a string contains a NUL character.")
            : text;
    }

    private JsonNode Object(ref Utf8JsonReader reader, string path)
    {
        var offset = reader.TokenStartIndex;
        var members = new List<KeyValuePair<string, JsonNode>>();
        var names = new HashSet<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = Text(ref reader, path);
            var at = path + (name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? "." + name : $"[\"{name}\"]");
            if (!names.Add(name))
                throw AppMeta.Refuse($"{at}, {Position(reader.TokenStartIndex)}: this member is given twice.");

            reader.Read();
            members.Add(new(name, Value(ref reader, at)));
        }

        return new JsonNode(path, JsonTokenType.StartObject, offset, "") { Members = members };
    }

    private JsonNode List(ref Utf8JsonReader reader, string path)
    {
        var offset = reader.TokenStartIndex;
        var items = new List<JsonNode>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            items.Add(Value(ref reader, $"{path}[{items.Count}]"));

        return new JsonNode(path, JsonTokenType.StartArray, offset, "") { Items = items };
    }

    private string Position(long offset)
    {
        var before = json.Span[..(int)offset];
        var line = before.Count((byte)'\n') + 1;
        return $"line {line}, column {before.Length - (before.LastIndexOf((byte)'\n') + 1) + 1}";
    }
}
