using System.Security.Cryptography;
using FluentValidation;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Devices;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Devices;

/// <param name="Token">The token of the device's session, shown only here.</param>
public sealed record PairedDevice(string Id, string Name, string Token);

/// <summary>Pairs a device with a pairing code that the owner was shown, or with the code of the recovery sheet.</summary>
/// <param name="Code">The code as typed. Case, spaces and dashes are ignored.</param>
public sealed record PairDevice(PortalId Portal, string Code, string Name) : IRequest<PairedDevice>
{
    /// <summary>How long an unused session lasts.</summary>
    public static readonly TimeSpan SessionLife = TimeSpan.FromDays(90);

    public sealed class Validator : AbstractValidator<PairDevice>
    {
        public Validator()
        {
            RuleFor(c => c.Code).NotNull().MaximumLength(100).WithErrorCode("request_invalid").WithMessage("A pairing code is needed.");
            RuleFor(c => c.Name).MustBeName();
        }
    }

    internal sealed class Handler(IPairingCodes codes, IPortalSnapshots snapshots, IMediator mediator, CurrentActor actor)
        : IRequestHandler<PairDevice, PairedDevice>
    {
        /// <exception cref="RefusedException"><c>code_invalid</c></exception>
        public async Task<PairedDevice> Handle(PairDevice c, CancellationToken ct)
        {
            var sheet = RecoveryCode.TryParse(c.Code, out var hash) ? snapshots.Find(c.Portal)?.RecoverySheetOf(hash) : null;
            if (sheet is null && (!TypedPairingCode.TryParse(c.Code, out var code) || !await codes.Use(c.Portal, code, ct)))
            {
                throw new RefusedException(RefusalKind.NotAuthenticated, "code_invalid",
                    "This pairing code is wrong, used up or expired. Ask for a new one.");
            }

            var device = new PairedDevice(HumanEncoding.Encode(RandomNumberGenerator.GetBytes(10)), c.Name, Token.Create());
            actor.Actor = Actor.Device(device.Id);
            await mediator.Send(new AddDevice(c.Portal, device, sheet), ct);
            return device;
        }
    }
}

/// <summary>Adds the device for which a pairing code was used up, or for which a recovery sheet is.</summary>
/// <param name="Sheet">The id of the recovery sheet, or null.</param>
internal sealed record AddDevice(PortalId Portal, PairedDevice Device, string? Sheet) : ICommand
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, ICredentials credentials, TimeProvider clock)
        : IRequestHandler<AddDevice, Unit>
    {
        public async Task<Unit> Handle(AddDevice c, CancellationToken ct)
        {
            var (id, name, token) = c.Device;
            var device = await aggregates.Load<Domain.Devices.Device, DeviceEvent>(session, Domain.Devices.Device.Stream(id), ct);
            device.Append(Domain.Devices.Device.Pair(device.State, id, name));
            credentials.Issue(session, TokenHash.Of(token), new Credential(CredentialKind.Device, id, null, clock.GetUtcNow() + PairDevice.SessionLife));
            if (c.Sheet is { } sheet)
                await Use(sheet, id, ct);
            return Unit.Value;
        }

        /// <summary>The stream of the sheet decides which of several devices it pairs.</summary>
        /// <exception cref="RefusedException"><c>code_invalid</c></exception>
        private async Task Use(string sheet, string device, CancellationToken ct)
        {
            var present = await aggregates.Load<RecoverySheet, RecoveryEvent>(session, RecoverySheet.Stream, ct);
            present.Append(RecoverySheet.Use(present.State, sheet, device));
            credentials.Revoke(session, CredentialKind.Recovery, sheet);
        }
    }
}

/// <summary>Extends the session of a device that is in use.</summary>
public sealed record ExtendDeviceSession(PortalId Portal, TokenHash Session, DateTimeOffset Until) : ICommand
{
    internal sealed class Handler(IDocumentSession session, ICredentials credentials) : IRequestHandler<ExtendDeviceSession, Unit>
    {
        public Task<Unit> Handle(ExtendDeviceSession c, CancellationToken ct)
        {
            credentials.Extend(session, c.Session, c.Until);
            return Unit.Task;
        }
    }
}
