using MediatR;

namespace PeerRegistry.Application.Backup;

public sealed record FindLastBackup : IRequest<LastBackup>
{
    internal sealed class Handler(IBackupRecord record) : IRequestHandler<FindLastBackup, LastBackup>
    {
        public Task<LastBackup> Handle(FindLastBackup query, CancellationToken ct) => record.Read(ct);
    }
}
