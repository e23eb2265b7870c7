using PeerRegistry.Domain.Common;

namespace PeerRegistry.Application.Backup;

/// <summary>What a backup file holds.</summary>
/// <param name="Version">The version of the program that made it.</param>
/// <param name="Schema">The number of the last migration of its database.</param>
/// <param name="FileBytes">The size of the file.</param>
/// <param name="Portals">The full IDs of its Portals.</param>
public sealed record BackupContents(
    DateTimeOffset MadeAt, string Version, int Schema, long FileBytes, IReadOnlyList<string> Portals, IReadOnlyList<BackedUpTable> Tables);

public sealed record BackedUpTable(string Name, long Rows);

/// <param name="Table">The table that is being read or written.</param>
/// <param name="Done">Bytes that are done.</param>
/// <param name="Total">Bytes in all; an estimate while a backup is made.</param>
public readonly record struct BackupProgress(string Table, long Done, long Total);

/// <summary>Backup files: one encrypted file with everything that a registry stores, the master key included.</summary>
public interface IBackups
{
    /// <summary>Writes the database as of one moment, whether or not a registry is running. The file appears when it is complete.</summary>
    /// <param name="file">The path. An existing backup is replaced, any other file is refused.</param>
    /// <exception cref="RefusedException"><c>nothing_to_back_up</c>, <c>backup_newer</c>, <c>file_taken</c></exception>
    Task<BackupContents> Make(string file, string passphrase, IProgress<BackupProgress> progress, CancellationToken ct);

    /// <summary>Reads the whole file and checks that nothing in it was changed. It needs no database.</summary>
    /// <exception cref="RefusedException"><c>backup_foreign</c>, <c>backup_newer</c>, <c>passphrase_wrong</c>, <c>backup_damaged</c></exception>
    Task<BackupContents> Verify(string file, string passphrase, IProgress<BackupProgress> progress, CancellationToken ct);

    /// <summary>Verifies the file, and then restores it into an empty database and an empty data directory. After a failure both are as before.</summary>
    /// <exception cref="RefusedException">Those of <see cref="Verify"/>; <c>restore_place_taken</c>, <c>registry_running</c></exception>
    Task<BackupContents> Restore(string file, string passphrase, IProgress<BackupProgress> progress, CancellationToken ct);
}

/// <summary>When this registry was last backed up.</summary>
public interface IBackupRecord
{
    Task<LastBackup> Read(CancellationToken ct);
}

/// <param name="MadeAt">When the last backup was made that succeeded, or null if there was none.</param>
/// <param name="Since">When the database was created.</param>
public sealed record LastBackup(DateTimeOffset? MadeAt, DateTimeOffset Since)
{
    private static readonly TimeSpan LongestWithout = TimeSpan.FromDays(30);

    /// <summary>Whether the owner should be reminded, because there was no backup for a month.</summary>
    public bool IsOverdue(DateTimeOffset now) => now - (MadeAt ?? Since) > LongestWithout;
}
