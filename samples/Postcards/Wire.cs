using System.Text.Json;

/// <summary>What one Postcards sends to another.</summary>
internal sealed record Message(string Text)
{
    public const int MaxLength = 1000;

    /// <returns>Null if it is malformed, empty or too long.</returns>
    public static Message? Read(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize<Message>(body, Wire.Json) is { Text: { Length: > 0 and <= MaxLength } } message ? message : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <param name="Header">The name of the header that carries the secret.</param>
internal sealed record ProxySecret(string Header, string Secret);

internal sealed record Peer(string Id, string ShortId, string Name, string Status);

internal static class Wire
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <returns>The code of a problem (RFC 9457), or null if the response is none.</returns>
    public static async Task<string?> Code(HttpResponseMessage answer)
    {
        try
        {
            var isProblem = answer.Content.Headers.ContentType?.MediaType == "application/problem+json";
            return isProblem ? (await answer.Content.ReadFromJsonAsync<Problem>())?.Code : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // no JSON, or in a character set that nobody knows
        {
            return null;
        }
    }

    private sealed record Problem(string? Code);
}
