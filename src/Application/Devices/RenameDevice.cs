using FluentValidation;
using Marten;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Devices;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Devices;

public sealed record RenameDevice(PortalId Portal, string Id, string Name) : ICommand
{
    public sealed class Validator : AbstractValidator<RenameDevice>
    {
        public Validator() => RuleFor(c => c.Name).MustBeName();
    }

    internal sealed class Handler(IDocumentSession session, IAggregates aggregates) : IRequestHandler<RenameDevice, Unit>
    {
        public async Task<Unit> Handle(RenameDevice c, CancellationToken ct)
        {
            var device = await aggregates.Load<Device, DeviceEvent>(session, Device.Stream(c.Id), ct);
            device.Append(Device.Rename(device.State, c.Id, c.Name));
            return Unit.Value;
        }
    }
}
