using MediatR;

namespace PeerRegistry.Application.Backup;

/// <summary>Restores a backup file into an empty place. The next start serves it.</summary>
public sealed record RestoreBackup(string File, string Passphrase, IProgress<BackupProgress> Progress) : IRequest<BackupContents>
{
    internal sealed class Handler(IBackups backups) : IRequestHandler<RestoreBackup, BackupContents>
    {
        public Task<BackupContents> Handle(RestoreBackup c, CancellationToken ct) => backups.Restore(c.File, c.Passphrase, c.Progress, ct);
    }
}
