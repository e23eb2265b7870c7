using Marten;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Application.Common;

/// <summary>An aggregate as it was loaded for a decision.</summary>
public sealed class Loaded<TState, TEvent>(IDocumentSession session, string stream, TState state, long version)
    where TState : IAggregate<TState, TEvent>
    where TEvent : DomainEvent
{
    public TState State => state;

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
        where TState : IAggregate<TState, TEvent>
        where TEvent : DomainEvent
    {
        var (state, version) = await Fold<TState, TEvent>(session, stream, ct);
        return new(session, stream, state, version);
    }

    /// <summary>Reads an aggregate as it is now.</summary>
    /// <returns><c>Initial</c> if there is no such stream.</returns>
    public static async Task<TState> Read<TState, TEvent>(this IQuerySession session, string stream, CancellationToken ct)
        where TState : IAggregate<TState, TEvent>
        where TEvent : DomainEvent =>
        (await Fold<TState, TEvent>(session, stream, ct)).State;

    private static async Task<(TState State, long Version)> Fold<TState, TEvent>(IQuerySession session, string stream, CancellationToken ct)
        where TState : IAggregate<TState, TEvent>
        where TEvent : DomainEvent
    {
        var events = await session.Events.FetchStreamAsync(stream, token: ct);
        return (events.Aggregate(TState.Initial, (state, e) => TState.Evolve(state, (TEvent)e.Data)), events.Count == 0 ? 0 : events[^1].Version);
    }
}
