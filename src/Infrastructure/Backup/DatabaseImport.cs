using Npgsql;
using PeerRegistry.Application.Backup;
using PeerRegistry.Domain.Common;
using PeerRegistry.Infrastructure.Peers;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Backup;

/// <summary>
/// Fills an empty database from a backup. The schema is made by the migrations that the backup's database had, never by the file. Table
/// <c>registry.restoring</c> is there from the first statement to the last: while it is, no registry starts on this database, and a further
/// restore begins again.
/// </summary>
internal sealed class DatabaseImport(NpgsqlDataSource database, Migrator migrator, TimeProvider clock)
{
    /// <param name="last">What has to be done before a registry may start on the database.</param>
    /// <exception cref="RefusedException"><c>restore_place_taken</c>; <c>backup_newer</c>: a table is made otherwise in this version.</exception>
    public async Task Fill(RecordReader input, BackupManifest manifest, Action last, Action<string, int> report, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var turn = await migrator.Lock(connection, ct);
        await RequireEmpty(connection, ct);
        try
        {
            await connection.Execute("drop schema if exists registry cascade; create schema registry; create table registry.restoring (since timestamptz not null default now())", ct);
            await migrator.ApplyThose(connection, [.. manifest.Migrations.Select(m => m.Number)], ct);
            await using (var transaction = await connection.BeginTransactionAsync(ct))
            {
                await CopyAll(connection, input, report, ct);
                await Adjust(connection, manifest, ct);
                await transaction.CommitAsync(ct);
            }

            last();
            await connection.Execute("drop table registry.restoring", ct);
        }
        catch
        {
            await Drop(connection);
            throw;
        }
    }

    private static async Task Drop(NpgsqlConnection connection)
    {
        try
        {
            await connection.Execute("drop schema if exists registry cascade", CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The connection is lost. The next restore finds registry.restoring, and drops the schema.
        }
    }

    private static async Task RequireEmpty(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("select to_regnamespace('registry') is not null and to_regclass('registry.restoring') is null", connection);
        if (await command.ExecuteScalarAsync(ct) is true)
            throw BackupRefusals.PlaceTaken($"the database {connection.Database} holds a registry already.");
    }

    private static async Task CopyAll(NpgsqlConnection connection, RecordReader input, Action<string, int> report, CancellationToken ct)
    {
        while (input.Next() is (RecordKind.Table, var content))
        {
            var table = input.Parse<TableHead>(content);
            var columns = await BackedUpTables.ColumnsOf(connection, table.Name, ct);
            if (!table.Columns.All(columns.Contains))
                throw BackupRefusals.Newer();

            var copy = await connection.BeginRawBinaryCopyAsync($"copy {BackedUpTables.Quoted(table)} from stdin (format binary)", ct);
            try
            {
                while (input.Next() is (RecordKind.Data, var data))
                {
                    await copy.WriteAsync(data, ct);
                    report(table.Name, data.Length);
                }
            }
            catch
            {
                await copy.CancelAsync(); // disposing would finish it
                throw;
            }

            await copy.DisposeAsync();
        }

        input.RequireEnd();
    }

    private async Task Adjust(NpgsqlConnection connection, BackupManifest manifest, CancellationToken ct)
    {
        await connection.Execute(
            """
            do $$
            declare owned record; top bigint;
            begin
                for owned in
                    select s.oid::regclass as sequence, t.oid::regclass as owner, a.attname as attribute
                    from pg_class s
                    join pg_depend d on d.objid = s.oid and d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i')
                    join pg_class t on t.oid = d.refobjid
                    join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
                    where s.relkind = 'S' and s.relnamespace = 'registry'::regnamespace
                loop
                    execute format('select max(%I) from %s', owned.attribute, owned.owner) into top;
                    if top is not null then
                        perform setval(owned.sequence, top);
                    end if;
                end loop;
            end $$
            """,
            ct);
        var now = clock.GetUtcNow();
        await RestoredContacts.Restate(connection, now, ct);
        await using var record = new NpgsqlCommand("insert into registry.backups (made_at, restored_at) values ($1, $2)", connection)
        {
            Parameters = { Sql.Time(manifest.MadeAt), Sql.Time(now) },
        };
        await record.ExecuteNonQueryAsync(ct);
    }
}
