using Marten;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Common;

/// <summary>An aggregate as it was loaded for a decision.</summary>
public sealed class Loaded<TState, TEvent>(IDocumentSession session, string stream, TState? state, long version)
    where TState : class, IAggregate<TState, TEvent>
    where TEvent : DomainEvent
{
    /// <summary>Null if it does not exist.</summary>
    public TState? State => state;

    /// <summary>
    /// Appends to the stream, if it still has the version that was loaded when the session commits. Appends nothing if there are no events.
    /// A handler that appends to several streams does so in the order of their names, so that two commands cannot lock each other out.
    /// </summary>
    /// <returns>Whether there were events.</returns>
    public bool Append(IReadOnlyCollection<TEvent> events)
    {
        if (events.Count > 0)
            session.Events.Append(stream, version + events.Count, events);
        return events.Count > 0;
    }
}

public static class Streams
{
    /// <summary>Loads an aggregate to change it.</summary>
    public static async Task<Loaded<TState, TEvent>> Load<TState, TEvent>(this IDocumentSession session, string stream, CancellationToken ct)
        where TState : class, IAggregate<TState, TEvent>
        where TEvent : DomainEvent
    {
        var (state, version) = await Fold<TState, TEvent>(session, stream, ct);
        return new(session, stream, state, version);
    }

    public static Task<Loaded<Portal, PortalEvent>> LoadPortal(this IDocumentSession session, CancellationToken ct) =>
        session.Load<Portal, PortalEvent>(Portal.Stream, ct);

    /// <summary>Reads an aggregate as it is now.</summary>
    /// <returns>Null if it does not exist.</returns>
    public static async Task<TState?> Read<TState, TEvent>(this IQuerySession session, string stream, CancellationToken ct)
        where TState : class, IAggregate<TState, TEvent>
        where TEvent : DomainEvent =>
        (await Fold<TState, TEvent>(session, stream, ct)).State;

    private static async Task<(TState? State, long Version)> Fold<TState, TEvent>(IQuerySession session, string stream, CancellationToken ct)
        where TState : class, IAggregate<TState, TEvent>
        where TEvent : DomainEvent
    {
        var events = await session.Events.FetchStreamAsync(stream, token: ct);
        var state = events.Aggregate(default(TState), (before, e) => TState.Evolve(before, (TEvent)e.Data, e.Timestamp));
        return (state, events.Count == 0 ? 0 : events[^1].Version);
    }
}
