namespace PeerRegistry.Domain.Common;

/// <summary>
/// Something that happened to one Portal. Past tense, immutable, free of secrets. When and by whom is kept beside it, not in it.
/// </summary>
public abstract record DomainEvent;

/// <summary>The name under which an event is stored. It never changes: a new meaning is a new event.</summary>
/// <param name="name">Snake case, unique in the code base, such as <c>peer_added</c>.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class WireNameAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
