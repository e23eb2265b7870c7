using System.Reflection;
using System.Text.Json;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Infrastructure.Store;

/// <param name="Wire">Column type: <c>peer_added</c>.</param>
internal sealed record EventType(Type Type, string Wire);

/// <summary>An event in the store has a type that this version does not know.</summary>
public sealed class UnknownEventTypeException(string type, long sequence)
    : Exception($"Event {sequence} is of type {type}, which this version does not know. Start the version that wrote it, or a later one.");

/// <summary>The types of events, and their JSON as Marten writes it, by <see cref="WireNameAttribute"/>.</summary>
internal sealed class EventSerializer
{
    private readonly Dictionary<string, EventType> byWire;

    /// <exception cref="InvalidOperationException">An event has no wire name, or two have the same.</exception>
    public EventSerializer(params IEnumerable<Assembly> assemblies)
    {
        var types = assemblies.SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.IsAssignableTo(typeof(DomainEvent)) && !type.IsAbstract)
            .Select(Describe)
            .ToList();
        var twice = types.GroupBy(type => type.Wire).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
            throw new InvalidOperationException($"The wire name {twice.Key} is given to {string.Join(" and ", twice.Select(type => type.Type.FullName))}.");

        byWire = types.ToDictionary(type => type.Wire);
    }

    public IReadOnlyCollection<EventType> Types => byWire.Values;

    /// <exception cref="UnknownEventTypeException"/>
    /// <exception cref="JsonException">The data does not fit the type.</exception>
    public DomainEvent Read(string wire, ReadOnlySpan<byte> data, long sequence)
    {
        if (!byWire.TryGetValue(wire, out var type))
            throw new UnknownEventTypeException(wire, sequence);

        return (DomainEvent?)JsonSerializer.Deserialize(data, type.Type, RegistryJson.Options)
            ?? throw new JsonException($"Event {sequence} of type {wire} is null.");
    }

    private static EventType Describe(Type type)
    {
        var wire = type.GetCustomAttribute<WireNameAttribute>()?.Name
            ?? throw new InvalidOperationException($"{type.FullName} has no wire name.");
        return new(type, wire);
    }
}
