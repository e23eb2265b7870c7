using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Devices;

/// <summary>An event of stream <c>device-{id}</c>.</summary>
public abstract record DeviceEvent : DomainEvent;

[WireName("device_paired")]
public sealed record DevicePaired(string Id, string Name) : DeviceEvent;

[WireName("device_renamed")]
public sealed record DeviceRenamed(string Id, string Name) : DeviceEvent;

[WireName("device_revoked")]
public sealed record DeviceRevoked(string Id) : DeviceEvent;
