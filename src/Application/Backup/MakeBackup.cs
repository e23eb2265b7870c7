using FluentValidation;
using MediatR;

namespace PeerRegistry.Application.Backup;

/// <summary>Writes everything that this registry stores to one encrypted file.</summary>
public sealed record MakeBackup(string File, string Passphrase, IProgress<BackupProgress> Progress) : IRequest<BackupContents>
{
    public const int ShortestPassphrase = 12;

    public sealed class Validator : AbstractValidator<MakeBackup>
    {
        public Validator() => RuleFor(c => c.Passphrase).Must(phrase => phrase.Length >= ShortestPassphrase).WithErrorCode("passphrase_short")
            .WithMessage($"The passphrase needs at least {ShortestPassphrase} characters. Four or more random words are good.");
    }

    internal sealed class Handler(IBackups backups) : IRequestHandler<MakeBackup, BackupContents>
    {
        public Task<BackupContents> Handle(MakeBackup c, CancellationToken ct) => backups.Make(c.File, c.Passphrase, c.Progress, ct);
    }
}
