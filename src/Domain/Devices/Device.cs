using System.Diagnostics;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Devices;

/// <summary>A browser or tool of the owner. <see cref="Name"/> is null before the device is paired and after it is revoked.</summary>
public sealed record Device(string? Name) : IAggregate<Device, DeviceEvent>
{
    public static Device Initial { get; } = new((string?)null);

    public static string Stream(string id) => $"device-{id}";

    public static Device Evolve(Device device, DeviceEvent happened) => happened switch
    {
        DevicePaired e => device with { Name = e.Name },
        DeviceRenamed e => device with { Name = e.Name },
        DeviceRevoked => Initial,
        _ => throw new UnreachableException(happened.GetType().Name),
    };

    public static IReadOnlyList<DeviceEvent> Pair(Device device, string id, string name) =>
        device.Name is null ? [new DevicePaired(id, name)] : throw new InvalidOperationException("This device id is already in use.");

    /// <exception cref="RefusedException"><c>device_unknown</c></exception>
    public static IReadOnlyList<DeviceEvent> Rename(Device device, string id, string name) => device.Name switch
    {
        null => throw Unknown(),
        var known when known == name => [],
        _ => [new DeviceRenamed(id, name)],
    };

    /// <exception cref="RefusedException"><c>device_unknown</c></exception>
    public static IReadOnlyList<DeviceEvent> Revoke(Device device, string id) =>
        device.Name is null ? throw Unknown() : [new DeviceRevoked(id)];

    private static RefusedException Unknown() => new(RefusalKind.NotFound, "device_unknown", "No device with this id is paired.");
}
