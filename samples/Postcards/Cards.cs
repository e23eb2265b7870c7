using System.Collections.Immutable;
using System.Text.Json;

/// <param name="Sent">Whether the owner wrote it; otherwise it was received.</param>
/// <param name="Peer">The full ID of the other side.</param>
/// <param name="Name">The peer's name at that time.</param>
internal sealed record Postcard(bool Sent, string Peer, string Name, string Text, DateTimeOffset At);

/// <summary>The latest postcards, which a file keeps over a restart: one JSON object each line.</summary>
internal sealed class Cards(string? file)
{
    private const int Most = 1000;
    private readonly Lock gate = new();

    /// <summary>Oldest first.</summary>
    public ImmutableList<Postcard> All { get; private set; } =
        file is null || !File.Exists(file) ? [] : [.. File.ReadLines(file).TakeLast(Most).Select(line => JsonSerializer.Deserialize<Postcard>(line)!)];

    public void Add(Postcard card)
    {
        lock (gate)
        {
            if (file is not null)
                File.AppendAllText(file, JsonSerializer.Serialize(card) + "\n");
            All = All.Count < Most ? All.Add(card) : All.RemoveAt(0).Add(card);
        }
    }
}
