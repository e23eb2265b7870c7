namespace PeerRegistry.Application.Snapshots;

/// <summary>Read model of stream <c>device-{id}</c>, deleted when the device is revoked.</summary>
public sealed record DeviceRow(string Id, string Name, DateTimeOffset PairedAt);
