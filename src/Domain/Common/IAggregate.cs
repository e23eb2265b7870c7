namespace PeerRegistry.Domain.Common;

/// <summary>
/// State that is folded from the events of one stream. There is one fold for each kind of stream: decisions are made from its state, lists and the hot
/// path show it. Null stands for what does not exist, or exists no more.
/// </summary>
public interface IAggregate<TSelf, in TEvent>
    where TSelf : class, IAggregate<TSelf, TEvent>
    where TEvent : DomainEvent
{
    /// <summary>Pure: the state after one more event.</summary>
    /// <param name="at">When the event was recorded.</param>
    static abstract TSelf? Evolve(TSelf? state, TEvent happened, DateTimeOffset at);
}

public static class Fold
{
    /// <summary>The state after more events, recorded at one time.</summary>
    public static TState? After<TState, TEvent>(TState? state, IEnumerable<TEvent> events, DateTimeOffset at)
        where TState : class, IAggregate<TState, TEvent>
        where TEvent : DomainEvent =>
        events.Aggregate(state, (before, happened) => TState.Evolve(before, happened, at));
}
