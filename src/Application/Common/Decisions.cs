using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Common;

/// <summary>Load, fold, decide, append; again when another writer was first.</summary>
public sealed class Decisions(IEventStore store, CurrentActor current)
{
    private const int Attempts = 20;

    /// <param name="decide">Pure; may be called more than once. No events: nothing is recorded.</param>
    /// <param name="alongside">What goes into the same transaction; only asked when there are events.</param>
    /// <returns>The stream's version afterwards.</returns>
    public Task<long> Execute<TState, TEvent>(
        PortalId portal,
        string stream,
        TState initial,
        Func<TState, TEvent, TState> evolve,
        Func<TState, IReadOnlyList<TEvent>> decide,
        Func<IReadOnlyList<TEvent>, IReadOnlyList<IAlongside>>? alongside,
        CancellationToken ct)
        where TEvent : DomainEvent => ExecuteLoading(portal, stream, initial, evolve, decide, events => new(alongside?.Invoke(events) ?? []), ct);

    /// <summary>For rows that depend on what is stored: <paramref name="alongside"/> loads them anew in every round.</summary>
    /// <inheritdoc cref="Execute"/>
    public async Task<long> ExecuteLoading<TState, TEvent>(
        PortalId portal,
        string stream,
        TState initial,
        Func<TState, TEvent, TState> evolve,
        Func<TState, IReadOnlyList<TEvent>> decide,
        Func<IReadOnlyList<TEvent>, ValueTask<IReadOnlyList<IAlongside>>> alongside,
        CancellationToken ct)
        where TEvent : DomainEvent
    {
        for (var attempt = 1; ; attempt++)
        {
            var past = await store.ReadStream(portal, stream, default, ct);
            var version = past.Count == 0 ? 0 : past[^1].Version;
            var events = decide(past.Aggregate(initial, (state, e) => evolve(state, (TEvent)e.Data)));
            if (events.Count == 0)
                return version;

            try
            {
                var changes = new Changes(portal, current.Actor, [new StreamChange(stream, version, events)])
                {
                    Reason = current.Reason,
                    Alongside = await alongside(events),
                };
                return (await store.Append(changes, ct))[0];
            }
            catch (StaleVersionException) when (attempt < Attempts)
            {
            }
        }
    }
}
