namespace PeerRegistry.Application.Common;

/// <summary>Every peer that was offered peering hears it again, and our name with it: the profile has changed.</summary>
public sealed record RestatePeerings(DateTimeOffset Now) : IAlongside;
