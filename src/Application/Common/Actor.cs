using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Common;

/// <summary>The actor that caused an event: <c>device:{id}</c>, <c>app:{name}</c>, <c>peer:{full id}</c> or <c>system</c>.</summary>
public readonly record struct Actor(string Value)
{
    public static readonly Actor System = new("system");

    public static Actor Device(string id) => new($"device:{id}");

    public static Actor App(string name) => new($"app:{name}");

    public static Actor Peer(PortalId id) => new($"peer:{id}");

    public override string ToString() => Value;
}

/// <summary>The actor and reason of the current request. There is one for each dependency-injection scope, set by the listener that authenticated it.</summary>
public sealed class CurrentActor
{
    public Actor Actor { get; set; } = Actor.System;

    /// <summary>The reason in one word, such as <c>invite</c>, if the history is to have it.</summary>
    public string? Reason { get; set; }
}
