using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Devices;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Devices;

/// <summary>Revokes a device. Its session and its sessions with apps end before the next request.</summary>
public sealed record RevokeDevice(PortalId Portal, string Id) : ICommand
{
    internal sealed class Handler(IDocumentSession session, IAggregates aggregates, ICredentials credentials) : IRequestHandler<RevokeDevice, Unit>
    {
        public async Task<Unit> Handle(RevokeDevice c, CancellationToken ct)
        {
            var device = await aggregates.Load<Device, DeviceEvent>(session, Device.Stream(c.Id), ct);
            device.Append(Device.Revoke(device.State, c.Id));
            credentials.Revoke(session, CredentialKind.Device, c.Id);
            credentials.Revoke(session, CredentialKind.AppSession, c.Id);
            return Unit.Value;
        }
    }
}
