using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Npgsql;
using PeerRegistry.Application.Common;

namespace PeerRegistry.Infrastructure.Store;

/// <summary>
/// Brings the schema <c>registry</c> up to date from the numbered files embedded in this assembly, <c>0001_what_it_does.sql</c>,
/// whichever folder they are in. Each is applied once, in a transaction of its own, in order of number; nodes that start at
/// the same time take turns. A file never changes once it has been applied anywhere: a change is a new file.
/// </summary>
internal sealed partial class Migrator(NpgsqlDataSource database, SchemaStep marten, ILogger<Migrator> log)
{
    private const long LockNumber = 0x7065_6572_7265_6731;

    /// <exception cref="InvalidOperationException">
    /// A file that was applied has changed since, or the database was migrated by a later version.
    /// </exception>
    /// <exception cref="StartRefusedException">A backup was restored into the database only in part.</exception>
    public async Task Migrate(CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var turn = await Lock(connection, ct);
        await using var ask = new NpgsqlCommand("select to_regclass('registry.restoring') is not null", connection);
        if (await ask.ExecuteScalarAsync(ct) is true)
            throw new StartRefusedException(["The restore into this database was interrupted. Run ./run restore again; it begins from the start."]);

        await connection.Execute("create schema if not exists registry", ct);
        await Apply(connection, Embedded(typeof(Migrator).Assembly), ct);
    }

    /// <summary>Makes the schema of an earlier version, for the data of its backup. The next start brings it up to date.</summary>
    /// <param name="connection">Holds the lock; its database has an empty schema.</param>
    /// <param name="numbers">Of known migrations.</param>
    public Task ApplyThose(NpgsqlConnection connection, HashSet<int> numbers, CancellationToken ct) =>
        Apply(connection, [.. Embedded(typeof(Migrator).Assembly).Where(m => numbers.Contains(m.Number))], ct);

    /// <summary>Waits until no other process changes the schema, and keeps others from it.</summary>
    public async Task<IAsyncDisposable> Lock(NpgsqlConnection connection, CancellationToken ct)
    {
        await connection.Execute($"select pg_advisory_lock({LockNumber})", ct);
        return new Turn(connection);
    }

    /// <summary>Whether all of these migrations belong to this version.</summary>
    public static bool Knows(IEnumerable<(int Number, string Checksum)> applied)
    {
        var embedded = Embedded(typeof(Migrator).Assembly).ToDictionary(m => m.Number, m => m.Checksum);
        return applied.All(m => embedded.TryGetValue(m.Number, out var checksum) && checksum == m.Checksum);
    }

    /// <summary>Compares the schema with the one that this version makes. Changes nothing.</summary>
    /// <returns>What differs, a sentence each.</returns>
    public async Task<IReadOnlyList<string>> Compare(CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var ask = new NpgsqlCommand("select to_regclass('registry.migrations') is not null", connection);
        if (await ask.ExecuteScalarAsync(ct) is not true)
            return ["The database has no schema of the registry."];

        var applied = await Applied(connection, ct);
        var embedded = Embedded(typeof(Migrator).Assembly).ToDictionary(migration => migration.Number);
        return
        [
            .. embedded.Values.Where(m => !applied.ContainsKey(m.Number)).Select(m => $"Migration {m.Number:D4}_{m.Name} was not applied."),
            .. embedded.Values.Where(m => applied.TryGetValue(m.Number, out var checksum) && checksum != m.Checksum)
                .Select(m => $"Migration {m.Number:D4}_{m.Name} has changed since it was applied."),
            .. applied.Keys.Where(number => !embedded.ContainsKey(number)).Select(number => $"Migration {number:D4} belongs to a later version."),
            .. await marten.Compare(ct),
        ];
    }

    internal static IReadOnlyList<Migration> Embedded(Assembly assembly)
    {
        var migrations = assembly.GetManifestResourceNames()
            .Select(resource => (resource, name: FileName().Match(resource)))
            .Where(found => found.name.Success)
            .Select(found => Migration.Read(assembly, found.resource, found.name.Groups["number"].Value, found.name.Groups["name"].Value))
            .OrderBy(migration => migration.Number)
            .ToList();
        var twice = migrations.GroupBy(migration => migration.Number).FirstOrDefault(group => group.Count() > 1);
        return twice is null
            ? migrations
            : throw new InvalidOperationException($"Two migrations have the number {twice.Key}: {string.Join(", ", twice.Select(m => m.Name))}.");
    }

    internal async Task ApplyMissing(NpgsqlConnection connection, IReadOnlyList<Migration> migrations, CancellationToken ct)
    {
        var applied = await Applied(connection, ct);
        var known = migrations.Select(migration => migration.Number).ToHashSet();
        if (applied.Keys.FirstOrDefault(number => !known.Contains(number)) is > 0 and var later)
            throw new InvalidOperationException($"Migration {later:D4} was applied to this database but is not part of this version. Start a later version.");

        foreach (var migration in migrations)
        {
            if (!applied.TryGetValue(migration.Number, out var checksum))
                await Apply(connection, migration, ct);
            else if (checksum != migration.Checksum)
                throw new InvalidOperationException($"Migration {migration.Number:D4}_{migration.Name} has changed since it was applied to this database.");
        }
    }

    private async Task Apply(NpgsqlConnection connection, IReadOnlyList<Migration> migrations, CancellationToken ct)
    {
        await connection.Execute(
            """
            create table if not exists registry.migrations (
                number int primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())
            """,
            ct);
        await ApplyMissing(connection, migrations, ct);
        await marten.Apply(connection, ct);
    }

    private async Task Apply(NpgsqlConnection connection, Migration migration, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await connection.Execute(migration.Sql, ct);
        await using var record = new NpgsqlCommand("insert into registry.migrations (number, name, checksum) values ($1, $2, $3)", connection)
        {
            Parameters = { new() { Value = migration.Number }, new() { Value = migration.Name }, new() { Value = migration.Checksum } },
        };
        await record.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        log.LogInformation("Migration {Number:D4}_{Name} applied.", migration.Number, migration.Name);
    }

    private static async Task<Dictionary<int, string>> Applied(NpgsqlConnection connection, CancellationToken ct)
    {
        var applied = new Dictionary<int, string>();
        await using var command = new NpgsqlCommand("select number, checksum from registry.migrations", connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            applied.Add(reader.GetInt32(0), reader.GetString(1));

        return applied;
    }

    private sealed class Turn(NpgsqlConnection connection) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await connection.Execute($"select pg_advisory_unlock({LockNumber})", CancellationToken.None);
    }

    [GeneratedRegex(@"\.(?<number>[0-9]{4})_(?<name>[a-z0-9_]+)\.sql$")]
    private static partial Regex FileName();
}

/// <param name="Checksum">SHA-256 of the text, lower-case hex.</param>
internal sealed record Migration(int Number, string Name, string Sql, string Checksum)
{
    public static Migration Read(Assembly assembly, string resource, string number, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
        var sql = reader.ReadToEnd().ReplaceLineEndings("\n");
        var checksum = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql)));
        return new(int.Parse(number, CultureInfo.InvariantCulture), name, sql, checksum);
    }
}
