using System.Text.Json;
using Npgsql;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Domain.SignedCalls;
using PeerRegistry.Infrastructure.Peers;

namespace PeerRegistry.Infrastructure.LaterCalls;

/// <summary>How a deferred call is written to its columns and read from them.</summary>
internal static class DeferredColumns
{
    public const string Names =
        """
        c.id, c.app, c.peer, c.key, c.method, c.target, c.state, c.accepted_at, c.attempts, case when c.state = 'Waiting' then q.next_attempt_at end,
        c.reason, c.ended_at, c.expires_at, c.status, c.answer_fields, octet_length(c.answer), c.receipt is not null
        """;

    /// <param name="reader">A row of <see cref="Names"/>.</param>
    public static DeferredCall Read(NpgsqlDataReader reader) => new(
        reader.GetGuid(0), reader.GetString(1), PortalId.Parse(reader.GetString(2)), reader.GetString(3), reader.GetString(4), reader.GetString(5),
        Enum.Parse<DeferredCallState>(reader.GetString(6)), reader.Time(7)!.Value, reader.GetInt32(8), reader.Time(9), reader.TextOrNull(10),
        reader.Time(11), reader.Time(12)!.Value, reader.IsDBNull(13) ? null : reader.GetInt32(13), Fields(reader, 14),
        reader.IsDBNull(15) ? null : reader.GetInt32(15), reader.GetBoolean(16));

    /// <returns>Names and values in turn.</returns>
    public static string[] Flat(IEnumerable<KeyValuePair<string, string>> fields) => [.. fields.SelectMany(field => new[] { field.Key, field.Value })];

    public static IReadOnlyList<KeyValuePair<string, string>> Fields(NpgsqlDataReader reader, int column) =>
        [.. reader.GetFieldValue<string[]>(column).Chunk(2).Select(pair => KeyValuePair.Create(pair[0], pair[1]))];

    public static byte[]? Json(CallReceipt? receipt) => receipt is null ? null : JsonSerializer.SerializeToUtf8Bytes(receipt);

    public static CallReceipt? Receipt(string json) => JsonSerializer.Deserialize<CallReceipt>(json);
}
