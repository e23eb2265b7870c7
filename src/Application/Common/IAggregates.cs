using Marten;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Common;

/// <summary>The aggregates as they were last stored, each in one row with the version of its stream. No events are read.</summary>
public interface IAggregates
{
    /// <param name="stream">As <c>peer-{short id}</c>.</param>
    /// <returns>The state, or null if it does not exist, and the version: 0 if there never was such a stream.</returns>
    Task<(TState? State, long Version)> Read<TState, TEvent>(PortalId portal, string stream, CancellationToken ct)
        where TState : class, IAggregate<TState, TEvent>
        where TEvent : DomainEvent;
}

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

public static class AggregateExtensions
{
    /// <summary>Loads an aggregate of the session's Portal to change it.</summary>
    public static async Task<Loaded<TState, TEvent>> Load<TState, TEvent>(
        this IAggregates aggregates, IDocumentSession session, string stream, CancellationToken ct)
        where TState : class, IAggregate<TState, TEvent>
        where TEvent : DomainEvent
    {
        var (state, version) = await aggregates.Read<TState, TEvent>(PortalId.Parse(session.TenantId), stream, ct);
        return new(session, stream, state, version);
    }

    public static Task<Loaded<App, AppEvent>> LoadApp(this IAggregates aggregates, IDocumentSession session, string name, CancellationToken ct) =>
        aggregates.Load<App, AppEvent>(session, App.Stream(name), ct);

    public static Task<Loaded<Portal, PortalEvent>> LoadPortal(this IAggregates aggregates, IDocumentSession session, CancellationToken ct) =>
        aggregates.Load<Portal, PortalEvent>(session, Portal.Stream, ct);
}
