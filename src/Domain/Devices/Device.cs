using System.Diagnostics;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Devices;

/// <summary>A browser or tool of the owner, from its pairing until it is revoked.</summary>
public sealed record Device(string Id, string Name, DateTimeOffset PairedAt) : IAggregate<Device, DeviceEvent>
{
    public static string Stream(string id) => $"device-{id}";

    public static Device? Evolve(Device? device, DeviceEvent happened, DateTimeOffset at) => happened switch
    {
        DevicePaired e => new Device(e.Id, e.Name, at),
        DeviceRenamed e => device! with { Name = e.Name },
        DeviceRevoked => null,
        _ => throw new UnreachableException(happened.GetType().Name),
    };

    public static IReadOnlyList<DeviceEvent> Pair(Device? device, string id, string name) =>
        device is null ? [new DevicePaired(id, name)] : throw new InvalidOperationException("This device id is already in use.");

    /// <exception cref="RefusedException"><c>device_unknown</c></exception>
    public static IReadOnlyList<DeviceEvent> Rename(Device? device, string id, string name) => device switch
    {
        null => throw Unknown(),
        { Name: var known } when known == name => [],
        _ => [new DeviceRenamed(id, name)],
    };

    /// <exception cref="RefusedException"><c>device_unknown</c></exception>
    public static IReadOnlyList<DeviceEvent> Revoke(Device? device, string id) => device is null ? throw Unknown() : [new DeviceRevoked(id)];

    private static RefusedException Unknown() => new(RefusalKind.NotFound, "device_unknown", "No device with this id is paired.");
}
