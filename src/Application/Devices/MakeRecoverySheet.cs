using System.Security.Cryptography;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Devices;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Devices;

/// <param name="Code">Shown only here; see <see cref="RecoveryCode"/>.</param>
/// <param name="Path">The path of the pairing page on the core's host, with the code in it.</param>
public sealed record FreshRecoverySheet(string Id, string Code, string Path, DateTimeOffset MadeAt);

/// <summary>Makes a recovery sheet. It replaces the previous one.</summary>
public sealed record MakeRecoverySheet(PortalId Portal) : ICommand<FreshRecoverySheet>
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, ICredentials credentials, TimeProvider clock)
        : IRequestHandler<MakeRecoverySheet, FreshRecoverySheet>
    {
        public async Task<FreshRecoverySheet> Handle(MakeRecoverySheet c, CancellationToken ct)
        {
            var (id, code) = (HumanEncoding.Encode(RandomNumberGenerator.GetBytes(10)), RecoveryCode.Create());
            var sheet = await aggregates.Load<RecoverySheet, RecoveryEvent>(session, RecoverySheet.Stream, ct);
            sheet.Append(RecoverySheet.Make(sheet.State, id));
            if (sheet.State is { } previous)
                credentials.Revoke(session, CredentialKind.Recovery, previous.Id);
            credentials.Issue(session, TokenHash.Of(code), new Credential(CredentialKind.Recovery, id, null, null));
            return new FreshRecoverySheet(id, code, $"/pair?code={code}", clock.GetUtcNow());
        }
    }
}

/// <summary>Revokes the recovery sheet, such as one that was lost. Its code no longer works.</summary>
public sealed record RevokeRecoverySheet(PortalId Portal) : ICommand
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, ICredentials credentials) : IRequestHandler<RevokeRecoverySheet, Unit>
    {
        public async Task<Unit> Handle(RevokeRecoverySheet c, CancellationToken ct)
        {
            var sheet = await aggregates.Load<RecoverySheet, RecoveryEvent>(session, RecoverySheet.Stream, ct);
            sheet.Append(RecoverySheet.Revoke(sheet.State));
            credentials.Revoke(session, CredentialKind.Recovery, sheet.State!.Id);
            return Unit.Value;
        }
    }
}
