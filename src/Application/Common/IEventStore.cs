using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Common;

/// <summary>An event with what the store knows about it.</summary>
/// <param name="Sequence">Rises over the whole store; numbers may be missing.</param>
/// <param name="Version">1 for the first event of a stream.</param>
/// <param name="At">Microseconds; one value for all events of a stream in one append.</param>
public sealed record Recorded(
    long Sequence, PortalId Portal, string Stream, long Version, DomainEvent Data, DateTimeOffset At, Actor Actor, string? Reason, string? CorrelationId);

/// <param name="ExpectedVersion">0: the stream must not exist yet.</param>
public sealed record StreamChange(string Stream, long ExpectedVersion, IReadOnlyList<DomainEvent> Events);

/// <summary>
/// A row written in the same transaction as events: to-do rows, credential hashes, offers. Each kind has one writer in
/// Infrastructure, which turns it into one statement.
/// </summary>
public interface IAlongside;

/// <summary>All of it is recorded, or nothing.</summary>
public sealed record Changes(PortalId Portal, Actor Actor, IReadOnlyList<StreamChange> Streams)
{
    public string? Reason { get; init; }

    public IReadOnlyList<IAlongside> Alongside { get; init; } = [];
}

public interface IEventStore
{
    /// <summary>In order of version; empty for a stream that does not exist.</summary>
    Task<IReadOnlyList<Recorded>> ReadStream(PortalId portal, string stream, StreamLimit limit, CancellationToken ct);

    /// <summary>
    /// Records events, the read-model rows that follow from them and what goes alongside in one transaction and one round trip.
    /// When it returns, the snapshot of this node shows the change.
    /// </summary>
    /// <returns>The new version of each stream, in the order given.</returns>
    /// <exception cref="StaleVersionException">Another writer was first; nothing was changed.</exception>
    Task<IReadOnlyList<long>> Append(Changes changes, CancellationToken ct);

    /// <summary>
    /// Every event with a sequence number above <paramref name="after"/>, in order, each exactly once; never ends by itself.
    /// </summary>
    IAsyncEnumerable<Recorded> Subscribe(long after, CancellationToken ct);
}

/// <summary>How far a stream is read. Nothing set: to its end.</summary>
public readonly record struct StreamLimit(long? ToVersion = null, DateTimeOffset? ToTime = null);

/// <summary>An append expected another version of a stream than is there.</summary>
public sealed class StaleVersionException(string stream, long expected)
    : Exception($"Stream {stream} is no longer at version {expected}.");
