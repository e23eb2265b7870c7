using PeerRegistry.Domain.Common;

namespace PeerRegistry.Domain.Devices;

/// <summary>An event of stream <c>recovery</c>.</summary>
public abstract record RecoveryEvent : DomainEvent;

[WireName("recovery_sheet_made")]
public sealed record RecoverySheetMade(string Id) : RecoveryEvent;

/// <param name="Device">The id of the device that was paired with the code of the sheet.</param>
[WireName("recovery_sheet_used")]
public sealed record RecoverySheetUsed(string Id, string Device) : RecoveryEvent;

[WireName("recovery_sheet_revoked")]
public sealed record RecoverySheetRevoked(string Id) : RecoveryEvent;
