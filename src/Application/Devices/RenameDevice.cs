using FluentValidation;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Devices;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Devices;

public sealed record RenameDevice(PortalId Portal, string Id, string Name) : IRequest<Unit>
{
    public sealed class Validator : AbstractValidator<RenameDevice>
    {
        public Validator() => RuleFor(c => c.Name).MustBeName();
    }

    internal sealed class Handler(Decisions decisions) : IRequestHandler<RenameDevice, Unit>
    {
        public async Task<Unit> Handle(RenameDevice c, CancellationToken ct)
        {
            await decisions.Execute<Device, DeviceEvent>(c.Portal, Device.Stream(c.Id), Device.Initial, Device.Evolve,
                device => Device.Rename(device, c.Id, c.Name), alongside: null, ct);
            return Unit.Value;
        }
    }
}
