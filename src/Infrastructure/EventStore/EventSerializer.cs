using System.Reflection;
using System.Text.Json;
using PeerRegistry.Domain.Kernel;

namespace PeerRegistry.Infrastructure.EventStore;

/// <param name="Wire">Column type: <c>peer_added</c>.</param>
/// <param name="Dotnet">Column mt_dotnet_type: <c>Full.Name, AssemblySimpleName</c>; written for Marten, never read by us.</param>
internal sealed record EventType(Type Type, string Wire, string Dotnet);

/// <summary>An event in the store has a type that this version does not know.</summary>
public sealed class UnknownEventTypeException(string type, long sequence)
    : Exception($"Event {sequence} is of type {type}, which this version does not know. Start the version that wrote it, or a later one.");

/// <summary>Events to JSON and back, by <see cref="WireNameAttribute"/>.</summary>
internal sealed class EventSerializer
{
    private readonly Dictionary<Type, EventType> byType;
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

        byType = types.ToDictionary(type => type.Type);
        byWire = types.ToDictionary(type => type.Wire);
    }

    public EventType TypeOf(DomainEvent e) => byType.TryGetValue(e.GetType(), out var type)
        ? type
        : throw new InvalidOperationException($"{e.GetType().FullName} is in no assembly that the serializer was given.");

    public byte[] Write(DomainEvent e) => JsonSerializer.SerializeToUtf8Bytes(e, e.GetType(), RegistryJson.Options);

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
        return new(type, wire, $"{type.FullName}, {type.Assembly.GetName().Name}");
    }
}
