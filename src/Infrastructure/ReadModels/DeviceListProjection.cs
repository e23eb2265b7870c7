using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Devices;

namespace PeerRegistry.Infrastructure.ReadModels;

/// <summary>Table <c>device_list</c>, key the device's id.</summary>
internal sealed class DeviceListProjection() : Projection<Device, DeviceEvent>("device_list/1", "device-")
{
    protected override PortalSnapshot Show(PortalSnapshot snapshot, string key, Device? row) =>
        snapshot with { Devices = row is null ? snapshot.Devices.Remove(key) : snapshot.Devices.SetItem(key, row) };
}
