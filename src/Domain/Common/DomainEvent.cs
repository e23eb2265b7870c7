namespace PeerRegistry.Domain.Common;

/// <summary>
/// Something that happened to one Portal: named in the past tense, immutable and free of secrets. The time and the actor are stored in its metadata.
/// </summary>
public abstract record DomainEvent;

/// <summary>The name under which an event is stored. It never changes: an event with a new meaning gets a new name.</summary>
/// <param name="name">Snake case, unique in the code base, such as <c>peer_added</c>.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class WireNameAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
