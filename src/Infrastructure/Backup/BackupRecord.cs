using Npgsql;
using PeerRegistry.Application.Backup;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Backup;

/// <summary>Table backups.</summary>
internal sealed class BackupRecord(NpgsqlDataSource database) : IBackupRecord
{
    public async Task<LastBackup> Read(CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "select (select made_at from registry.backups), (select min(applied_at) from registry.migrations)");
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return new LastBackup(reader.IsDBNull(0) ? null : reader.GetFieldValue<DateTimeOffset>(0), reader.GetFieldValue<DateTimeOffset>(1));
    }

    /// <summary>Does nothing in a database of a version that had no such table.</summary>
    public async Task Write(DateTimeOffset madeAt, CancellationToken ct)
    {
        await using var ask = database.CreateCommand("select to_regclass('registry.backups') is not null");
        if (await ask.ExecuteScalarAsync(ct) is not true)
            return;

        await using var command = database.CreateCommand(
            "insert into registry.backups (made_at) values ($1) on conflict (one) do update set made_at = greatest(backups.made_at, excluded.made_at)");
        command.Parameters.Add(Sql.Time(madeAt));
        await command.ExecuteNonQueryAsync(ct);
    }
}
