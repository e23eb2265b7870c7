using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Common;

/// <summary>Who did it: <c>device:{id}</c>, <c>app:{name}</c>, <c>peer:{full id}</c> or <c>system</c>.</summary>
public readonly record struct Actor(string Value)
{
    public static readonly Actor System = new("system");

    public static Actor Device(string id) => new($"device:{id}");

    public static Actor App(string name) => new($"app:{name}");

    public static Actor Peer(PortalId id) => new($"peer:{id}");

    public override string ToString() => Value;
}

/// <summary>Who is behind the current request; one per dependency-injection scope, set by the listener that let it in.</summary>
public sealed class CurrentActor
{
    public Actor Actor { get; set; } = Actor.System;

    /// <summary>Why, in a word, where the history should say so: <c>invite</c>.</summary>
    public string? Reason { get; set; }
}
