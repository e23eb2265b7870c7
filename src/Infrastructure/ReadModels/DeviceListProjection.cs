using System.Diagnostics;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Devices;

namespace PeerRegistry.Infrastructure.ReadModels;

/// <summary>Table <c>device_list</c>, key the device's id.</summary>
internal sealed class DeviceListProjection() : Projection<DeviceRow>("device_list/1", "device-")
{
    protected override DeviceRow? Fold(DeviceRow? row, Recorded e) => (DeviceEvent)e.Data switch
    {
        DevicePaired paired => new DeviceRow(paired.Id, paired.Name, e.At),
        DeviceRenamed renamed => row! with { Name = renamed.Name },
        DeviceRevoked => null,
        _ => throw new UnreachableException(e.Data.GetType().Name),
    };

    protected override PortalSnapshot Show(PortalSnapshot snapshot, string key, DeviceRow? row) =>
        snapshot with { Devices = row is null ? snapshot.Devices.Remove(key) : snapshot.Devices.SetItem(key, row) };
}
