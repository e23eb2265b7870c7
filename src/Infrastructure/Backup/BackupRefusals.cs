using System.Globalization;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Infrastructure.Backup;

internal static class BackupRefusals
{
    public static RefusedException Foreign() => new(RefusalKind.Invalid, "backup_foreign", "This file is not a backup of PeerRegistry.");

    public static RefusedException Newer() => new(
        RefusalKind.Conflict, "backup_newer", "This backup was made by a later version of PeerRegistry. Use that version or one after it.");

    public static RefusedException Passphrase() => new(
        RefusalKind.Invalid, "passphrase_wrong", "The passphrase is wrong, or the beginning of the file was changed. Nothing was written.");

    /// <param name="after">How many bytes of the file are good.</param>
    public static RefusedException Damaged(long after) => new(RefusalKind.Invalid, "backup_damaged", string.Create(
        CultureInfo.InvariantCulture, $"The file is damaged or incomplete after its first {after:#,0} bytes. Use another copy of it. Nothing was written."));

    public static RefusedException FileTaken(string file) => new(
        RefusalKind.Conflict, "file_taken", $"{file} exists and is not a backup of PeerRegistry, so it is not replaced. Choose another name.");

    public static RefusedException NothingThere() => new(
        RefusalKind.Conflict, "nothing_to_back_up", "There is no Portal in this database yet. Start the registry once, or check the settings.");

    public static RefusedException PlaceTaken(string what) => new(
        RefusalKind.Conflict, "restore_place_taken", $"A backup is only restored into an empty place: {what} Nothing was written.");

    public static RefusedException Running(string directory) => new(
        RefusalKind.Conflict, "registry_running", $"A registry is running on the data directory {directory}. Stop it first, or name another directory.");
}
