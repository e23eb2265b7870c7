using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Common;

/// <summary>An event with what the store knows about it.</summary>
/// <param name="Sequence">Increases over the whole store, possibly with gaps.</param>
/// <param name="Version">1 for the first event of a stream.</param>
/// <param name="At">The time in microseconds, the same for all events of a stream in one append.</param>
public sealed record Recorded(
    long Sequence, PortalId Portal, string Stream, long Version, DomainEvent Data, DateTimeOffset At, Actor Actor, string? Reason, string? CorrelationId);
