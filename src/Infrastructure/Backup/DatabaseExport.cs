using System.Data;
using System.Reflection;
using System.Security.Cryptography;
using Npgsql;
using PeerRegistry.Application.Backup;
using PeerRegistry.Domain.Common;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Backup;

/// <summary>Reads the whole database as of one moment, while others write.</summary>
internal sealed class DatabaseExport(NpgsqlDataSource database)
{
    private static readonly string Version =
        typeof(DatabaseExport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <param name="masterKey">Reads the master key.</param>
    /// <exception cref="RefusedException"><c>nothing_to_back_up</c>, <c>backup_newer</c></exception>
    public async Task<BackupContents> Write(
        RecordWriter output, Func<byte[]> masterKey, DateTimeOffset now, IProgress<BackupProgress> progress, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        var tables = await Registry(connection, ct) ? await BackedUpTables.Read(connection, ct) : throw BackupRefusals.NothingThere();
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
        // Before the first statement that reads, which fixes the moment: nobody alters or drops a table from then on.
        await connection.Execute($"lock table registry.migrations, {string.Join(", ", tables.Select(t => BackedUpTables.Quoted(t.Name)))} in access share mode", ct);

        var manifest = new BackupManifest(now, Version, await Applied(connection, ct), await Portals(connection, ct));
        if (manifest.Portals.Count == 0)
            throw BackupRefusals.NothingThere();
        if (!Migrator.Knows(manifest.Migrations.Select(m => (m.Number, m.Checksum))))
            throw BackupRefusals.Newer();

        output.WriteJson(RecordKind.Manifest, manifest);
        var key = masterKey();
        output.Write(RecordKind.MasterKey, key);
        CryptographicOperations.ZeroMemory(key);
        var (done, total) = (0L, tables.Sum(t => t.Bytes));
        var written = new List<BackedUpTable>();
        foreach (var (name, _) in tables)
        {
            var table = new TableHead(name, await BackedUpTables.ColumnsOf(connection, name, ct));
            var rows = await Copy(connection, table, output, bytes => progress.Report(new(name, done += bytes, total)), ct);
            written.Add(new BackedUpTable(name, rows));
        }

        output.Write(RecordKind.End, []);
        await transaction.CommitAsync(ct);
        return new BackupContents(now, Version, manifest.Migrations[^1].Number, 0, manifest.Portals, written);
    }

    private static async Task<long> Copy(NpgsqlConnection connection, TableHead table, RecordWriter output, Action<int> report, CancellationToken ct)
    {
        output.WriteJson(RecordKind.Table, table);
        var (counted, buffer) = (new CopiedRows(), new byte[64 * 1024]);
        await using (var copy = await connection.BeginRawBinaryCopyAsync($"copy {BackedUpTables.Quoted(table)} to stdout (format binary)", ct))
        {
            while (await copy.ReadAsync(buffer, ct) is > 0 and var length)
            {
                if (!counted.Read(buffer.AsSpan(0, length)))
                    throw new InvalidDataException($"PostgreSQL copied table {table.Name} in an unknown format.");
                output.Write(RecordKind.Data, buffer.AsSpan(0, length));
                report(length);
            }
        }

        if (!counted.IsComplete)
            throw new InvalidDataException($"PostgreSQL did not copy all of table {table.Name}.");
        output.WriteJson(RecordKind.EndOfTable, new TableEnd(counted.Rows));
        return counted.Rows;
    }

    private static async Task<bool> Registry(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            "select to_regclass('registry.migrations') is not null and to_regclass('registry.read_models') is not null", connection);
        return await command.ExecuteScalarAsync(ct) is true;
    }

    private static async Task<IReadOnlyList<AppliedMigration>> Applied(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select number, checksum from registry.migrations order by number", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var applied = new List<AppliedMigration>();
        while (await reader.ReadAsync(ct))
            applied.Add(new AppliedMigration(reader.GetInt32(0), reader.GetString(1)));
        return applied;
    }

    private static async Task<IReadOnlyList<string>> Portals(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select portal_id from registry.portal_keys order by portal_id", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var portals = new List<string>();
        while (await reader.ReadAsync(ct))
            portals.Add(reader.GetString(0));
        return portals;
    }
}
