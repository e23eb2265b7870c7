namespace PeerRegistry.Domain.Common;

/// <summary>State that is folded from the events of one stream, and that decides what may happen next.</summary>
public interface IAggregate<TSelf, in TEvent>
    where TSelf : IAggregate<TSelf, TEvent>
    where TEvent : DomainEvent
{
    /// <summary>The state before the first event.</summary>
    static abstract TSelf Initial { get; }

    /// <summary>Pure: the state after one more event.</summary>
    static abstract TSelf Evolve(TSelf state, TEvent happened);
}
