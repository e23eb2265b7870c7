using System.Security.Cryptography;
using FluentValidation;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Devices;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Devices;

/// <param name="Token">The device's session, shown this once.</param>
public sealed record PairedDevice(string Id, string Name, string Token);

/// <summary>Pairs a device with a code that the owner was shown.</summary>
/// <param name="Code">As typed: case, spaces and dashes do not count.</param>
public sealed record PairDevice(PortalId Portal, string Code, string Name) : IRequest<PairedDevice>
{
    /// <summary>A session that is not used for so long ends.</summary>
    public static readonly TimeSpan SessionLife = TimeSpan.FromDays(90);

    public sealed class Validator : AbstractValidator<PairDevice>
    {
        public Validator()
        {
            RuleFor(c => c.Code).NotNull().MaximumLength(100).WithErrorCode("request_invalid").WithMessage("A pairing code is needed.");
            RuleFor(c => c.Name).MustBeName();
        }
    }

    internal sealed class Handler(Decisions decisions, IPairingCodes codes, CurrentActor actor, TimeProvider clock)
        : IRequestHandler<PairDevice, PairedDevice>
    {
        /// <exception cref="RefusedException"><c>code_invalid</c></exception>
        public async Task<PairedDevice> Handle(PairDevice c, CancellationToken ct)
        {
            if (!TypedPairingCode.TryParse(c.Code, out var code) || !await codes.Use(c.Portal, code, ct))
            {
                throw new RefusedException(RefusalKind.NotAuthenticated, "code_invalid",
                    "This pairing code is wrong, used up or expired. Ask for a new one.");
            }

            var (id, token) = (HumanEncoding.Encode(RandomNumberGenerator.GetBytes(10)), Token.Create());
            var session = new Credential(CredentialKind.Device, id, null, clock.GetUtcNow() + SessionLife);
            actor.Actor = Actor.Device(id);
            await decisions.Execute<Device, DeviceEvent>(c.Portal, Device.Stream(id), Device.Initial, Device.Evolve,
                device => Device.Pair(device, id, c.Name), _ => [new IssueCredential(TokenHash.Of(token), session)], ct);
            return new PairedDevice(id, c.Name, token);
        }
    }
}
