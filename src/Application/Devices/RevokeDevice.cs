using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Devices;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Devices;

/// <summary>Its session and its sessions with apps end with the next request.</summary>
public sealed record RevokeDevice(PortalId Portal, string Id) : IRequest<Unit>
{
    internal sealed class Handler(Decisions decisions) : IRequestHandler<RevokeDevice, Unit>
    {
        public async Task<Unit> Handle(RevokeDevice c, CancellationToken ct)
        {
            await decisions.Execute<Device, DeviceEvent>(c.Portal, Device.Stream(c.Id), Device.Initial, Device.Evolve,
                device => Device.Revoke(device, c.Id),
                _ => [new RevokeCredentials(CredentialKind.Device, c.Id), new RevokeCredentials(CredentialKind.AppSession, c.Id)], ct);
            return Unit.Value;
        }
    }
}
