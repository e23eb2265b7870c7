using MediatR;

namespace PeerRegistry.Application.Backup;

/// <summary>Checks that a backup file is whole, and says what it holds.</summary>
public sealed record VerifyBackup(string File, string Passphrase, IProgress<BackupProgress> Progress) : IRequest<BackupContents>
{
    internal sealed class Handler(IBackups backups) : IRequestHandler<VerifyBackup, BackupContents>
    {
        public Task<BackupContents> Handle(VerifyBackup c, CancellationToken ct) => backups.Verify(c.File, c.Passphrase, c.Progress, ct);
    }
}
