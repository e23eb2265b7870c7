using Npgsql;
using NpgsqlTypes;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>Typed parameters, so that a statement is prepared once whatever its values, and statements without any.</summary>
internal static class Sql
{
    private const NpgsqlDbType ManyTexts = NpgsqlDbType.Array | NpgsqlDbType.Text;

    public static NpgsqlParameter Text(string? value) =>
        value is null ? Null(NpgsqlDbType.Text) : new NpgsqlParameter<string> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Text };

    public static NpgsqlParameter Bigint(long value) => new NpgsqlParameter<long> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bigint };

    public static NpgsqlParameter BigintOrNull(long? value) => value is { } number ? Bigint(number) : Null(NpgsqlDbType.Bigint);

    public static NpgsqlParameter Boolean(bool value) => new NpgsqlParameter<bool> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Boolean };

    public static NpgsqlParameter BooleanOrNull(bool? value) => value is { } boolean ? Boolean(boolean) : Null(NpgsqlDbType.Boolean);

    public static NpgsqlParameter Bytes(byte[] value) => new NpgsqlParameter<byte[]> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bytea };

    public static NpgsqlParameter Time(DateTimeOffset? value) => value is { } time
        ? new NpgsqlParameter<DateTime> { TypedValue = time.UtcDateTime, NpgsqlDbType = NpgsqlDbType.TimestampTz }
        : Null(NpgsqlDbType.TimestampTz);

    public static NpgsqlParameter Json(byte[]? value) =>
        value is null ? Null(NpgsqlDbType.Jsonb) : new NpgsqlParameter<byte[]> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Jsonb };

    public static NpgsqlParameter Texts(string[] values) => new NpgsqlParameter<string[]> { TypedValue = values, NpgsqlDbType = ManyTexts };

    public static NpgsqlParameter TextsOrNull(IReadOnlyCollection<string>? values) => values is null ? Null(ManyTexts) : Texts([.. values]);

    public static NpgsqlParameter Uuid(Guid value) => new NpgsqlParameter<Guid> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Uuid };

    public static NpgsqlParameter UuidOrNull(Guid? value) => value is { } id ? Uuid(id) : Null(NpgsqlDbType.Uuid);

    public static NpgsqlParameter BytesOrNull(byte[]? value) => value is null ? Null(NpgsqlDbType.Bytea) : Bytes(value);

    /// <summary>Executes a statement that may take as long as it needs.</summary>
    public static async Task Execute(this NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(ct);
    }

    private static NpgsqlParameter Null(NpgsqlDbType type) => new() { Value = DBNull.Value, NpgsqlDbType = type };
}
