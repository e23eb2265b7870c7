using Npgsql;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Infrastructure.Peers;

internal static class PeerColumns
{
    public static ShortId Short(this NpgsqlDataReader reader, int column) =>
        ShortId.TryParse(reader.GetString(column), out var id) ? id : throw new FormatException("A row with no short ID.");

    public static string? TextOrNull(this NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    public static bool? BooleanOrNull(this NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetBoolean(column);

    public static DateTimeOffset? Time(this NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}
