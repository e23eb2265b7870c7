using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NSec.Cryptography;
using PeerRegistry.Application.Backup;
using PeerRegistry.Application.Common;
using PeerRegistry.Infrastructure.Keys;
using PeerRegistry.Infrastructure.LocalPostgres;
using PeerRegistry.Infrastructure.Store;

namespace PeerRegistry.Infrastructure.Backup;

/// <param name="services">Asked for the database only when it is needed, because a file is verified without one.</param>
internal sealed class Backups(IServiceProvider services, RegistryOptions options, TimeProvider clock) : IBackups
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>What an empty data directory may hold: what mounting, locking and the registry's own empty server leave in it.</summary>
    private static readonly string[] Harmless = ["lost+found", "registry.lock", "postgres", "run"];

    /// <summary>Tests make it cheap.</summary>
    internal DerivationCost Cost { get; init; } = DerivationCost.Usual;

    public async Task<BackupContents> Make(string file, string passphrase, IProgress<BackupProgress> progress, CancellationToken ct)
    {
        RequireOwn(file);
        await services.GetRequiredService<DatabaseLife>().StartUnlessRunning(ct);
        var draft = $"{file}.{Path.GetRandomFileName()}";
        try
        {
            var contents = await Write(draft, passphrase, progress, ct);
            File.Move(draft, file, overwrite: true); // atomic: there is never half a backup under this name
            await services.GetRequiredService<BackupRecord>().Write(contents.MadeAt, ct);
            return contents with { FileBytes = new FileInfo(file).Length };
        }
        finally
        {
            File.Delete(draft);
        }
    }

    public Task<BackupContents> Verify(string file, string passphrase, IProgress<BackupProgress> progress, CancellationToken ct)
    {
        using var input = File.OpenRead(file);
        var (header, key) = BackupHeader.Read(input, passphrase);
        using (key)
            return Task.FromResult(Read(input, header, key, progress, ct).Contents);
    }

    public async Task<BackupContents> Restore(string file, string passphrase, IProgress<BackupProgress> progress, CancellationToken ct)
    {
        await using var input = File.OpenRead(file);
        var (header, key) = BackupHeader.Read(input, passphrase);
        using var kept = key;
        var start = input.Position;
        var (contents, manifest, masterKey) = Read(input, header, key, progress, ct);
        try
        {
            RequireEmpty(masterKey);
            if (!await services.GetRequiredService<DatabaseLife>().StartUnlessRunning(ct))
                throw BackupRefusals.Running(Path.GetFullPath(options.Data.Directory));

            input.Position = start;
            using var records = new RecordReader(new OpeningStream(input, key));
            records.Next(RecordKind.Manifest);
            records.Next(RecordKind.MasterKey);
            await services.GetRequiredService<DatabaseImport>().Fill(
                records, manifest, () => PutMasterKey(masterKey), (table, _) => progress.Report(new(table, input.Position, input.Length)), ct);
            return contents;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(masterKey);
        }
    }

    private async Task<BackupContents> Write(string draft, string passphrase, IProgress<BackupProgress> progress, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var output = new FileStream(draft, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OperatingSystem.IsWindows() ? null : OwnerOnly,
        });
        using var key = BackupHeader.Write(output, passphrase, now, Cost);
        using var chunks = new SealingStream(output, key);
        BackupContents contents;
        using (var records = new RecordWriter(chunks))
            contents = await services.GetRequiredService<DatabaseExport>().Write(records, () => MasterKey.Read(KeysModule.FileOf(options)), now, progress, ct);
        chunks.Finish();
        output.Flush(flushToDisk: true);
        return contents;
    }

    /// <summary>Reads everything from the first chunk on, and checks the order of the records and the rows of every table.</summary>
    private static (BackupContents Contents, BackupManifest Manifest, byte[] MasterKey) Read(
        FileStream input, BackupHeader header, Key key, IProgress<BackupProgress> progress, CancellationToken ct)
    {
        using var chunks = new OpeningStream(input, key);
        using var records = new RecordReader(chunks);
        var manifest = records.Parse<BackupManifest>(records.Next(RecordKind.Manifest));
        var masterKey = records.Next(RecordKind.MasterKey).ToArray();
        var tables = new List<BackedUpTable>();
        var (kind, content) = records.Next();
        for (; kind == RecordKind.Table; (kind, content) = records.Next())
        {
            var name = records.Parse<TableHead>(content).Name;
            var counted = new CopiedRows();
            for ((kind, content) = records.Next(); kind == RecordKind.Data && counted.Read(content.Span); (kind, content) = records.Next())
            {
                ct.ThrowIfCancellationRequested();
                progress.Report(new(name, input.Position, input.Length));
            }

            if (kind != RecordKind.EndOfTable || !counted.IsComplete || records.Parse<TableEnd>(content).Rows != counted.Rows)
                throw BackupRefusals.Damaged(chunks.Good);
            tables.Add(new BackedUpTable(name, counted.Rows));
        }

        if (kind != RecordKind.End)
            throw BackupRefusals.Damaged(chunks.Good);
        records.RequireEnd();
        if (!Migrator.Knows(manifest.Migrations.Select(m => (m.Number, m.Checksum))))
            throw BackupRefusals.Newer();
        var contents = new BackupContents(header.MadeAt, manifest.Version, manifest.Migrations[^1].Number, input.Length, manifest.Portals, tables);
        return (contents, manifest, masterKey);
    }

    private static void RequireOwn(string file)
    {
        if (Directory.Exists(file))
            throw BackupRefusals.FileTaken(file);
        if (!File.Exists(file))
            return;
        using var present = File.OpenRead(file);
        if (!BackupHeader.Begins(present))
            throw BackupRefusals.FileTaken(file);
    }

    /// <summary>The master key may be there already: from a restore that was interrupted, or because the operator keeps it apart.</summary>
    private void RequireEmpty(byte[] masterKey)
    {
        var (directory, file) = (options.Data.Directory, KeysModule.FileOf(options));
        if (File.Exists(file) && !CryptographicOperations.FixedTimeEquals(MasterKey.Read(file), masterKey))
            throw BackupRefusals.PlaceTaken($"{file} is the master key of another registry.");

        string[] others = Directory.Exists(directory)
            ? [.. Directory.EnumerateFileSystemEntries(directory).Where(e => Path.GetFullPath(e) != Path.GetFullPath(file)).Select(e => Path.GetFileName(e))
                .Except(Harmless, StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(3)]
            : [];
        if (others.Length > 0)
            throw BackupRefusals.PlaceTaken($"{directory} holds {string.Join(", ", others)} already.");
    }

    private void PutMasterKey(byte[] masterKey)
    {
        if (!File.Exists(KeysModule.FileOf(options)))
            MasterKey.Write(KeysModule.FileOf(options), masterKey);
    }
}
