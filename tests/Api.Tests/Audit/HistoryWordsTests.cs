using System.Reflection;
using PeerRegistry.Api.Audit;
using PeerRegistry.Application.Audit;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Tests.Audit;

public sealed class HistoryWordsTests
{
    private static readonly PublicKey Key = PublicKey.Ed25519([.. Enumerable.Repeat((byte)9, 32)]);

    private static readonly string Stream = Peer.Stream(Key.Id.Short);

    public static TheoryData<string> Events => [.. All.Select(Name)];

    private static IEnumerable<Type> All =>
        typeof(DomainEvent).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(DomainEvent)) && !type.IsAbstract);

    [Theory, MemberData(nameof(Events))]
    public void Every_event_has_a_sentence_of_its_own(string name)
    {
        var type = All.Single(one => Name(one) == name);
        foreach (var withNulls in new[] { false, true })
        {
            var entry = Words([]).Of(Recorded(1, StreamFor(type), (DomainEvent)Sample(type, withNulls)!));
            Assert.True(entry.What != HistoryTexts.Unknown, $"{name} has no words in HistoryWords");
            Assert.DoesNotContain("{", entry.Text, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(Events))]
    public void Every_event_is_of_one_kind_that_the_owner_can_choose(string name) => Assert.Equal(1, HistoryKind.All.Count(kind => kind.Types.Contains(name)));

    [Fact]
    public void No_kind_names_an_event_that_does_not_exist() => Assert.Empty(HistoryKind.All.SelectMany(kind => kind.Types).Except(All.Select(Name)));

    [Fact]
    public void Everybody_has_the_name_of_that_time()
    {
        var id = TypedPortalId.Of(Key.Id);
        var events = new DomainEvent[]
        {
            new PeerAdded(Key.Id, id, null, null, "d", PeerVerification.FullId), new PeerKeyPinned(Key.Id, Key, "Ada", PeerVerification.FullId, true),
            new PeerRenamed(Key.Id, "Neighbour"), new PeerBlocked(Key.Id), new PeerRenamed(Key.Id, null), new PeerNameClaimed(Key.Id, "Ada II"),
            new PeerRemoved(Key.Id), new PeerIdentityForgotten(Key.Id), new PeerAdded(Key.Id, id, "Friend", null, "d", PeerVerification.FullId),
        }.Select((data, i) => Recorded(i + 1, Stream, data)).ToList();
        var words = Words(events);
        Assert.Equal(
            [
                $"This Portal added {Key.Id.Short}", "This Portal reached Ada and remembered its key", "This Portal called Ada “Neighbour”",
                "This Portal blocked Neighbour", "This Portal removed the name given to Neighbour", "This Portal learned that Ada calls itself “Ada II”",
                "This Portal removed Ada II", "This Portal forgot the key of Ada II", "This Portal added Friend",
            ],
            events.Select(recorded => words.Of(recorded).Text));
    }

    private static string Name(Type type) => type.GetCustomAttribute<WireNameAttribute>()!.Name;

    private static HistoryWords Words(IEnumerable<Recorded> events)
    {
        var names = new NamesThen();
        foreach (var recorded in events)
            names.Add(recorded);
        return new HistoryWords(names);
    }

    private static Recorded Recorded(long sequence, string stream, DomainEvent data) =>
        new(sequence, Key.Id, stream, sequence, data, DateTimeOffset.UnixEpoch, Actor.System, null, null);

    private static string StreamFor(Type type) => type.BaseType!.Name switch
    {
        "PeerEvent" => Stream,
        "AppEvent" => "app-notes",
        "DeviceEvent" => "device-d1",
        _ => "portal",
    };

    /// <summary>Some value of the type, made by its constructor of any values.</summary>
    private static object? Sample(Type type, bool withNulls)
    {
        if (type == typeof(string))
            return "x";
        if (type == typeof(PublicKey))
            return Key;
        if (type.IsEnum)
            return Enum.GetValues(type).GetValue(0);
        if (type.IsArray || (type.IsInterface && type.IsGenericType))
            return Array.CreateInstance(type.IsArray ? type.GetElementType()! : type.GetGenericArguments()[0], 0);
        if (type.GetMethod("TryParse", BindingFlags.Public | BindingFlags.Static, [typeof(string), type.MakeByRefType()]) is { } parse)
        {
            foreach (var text in new[] { Key.Id.Value, Key.Id.Value[..6], Key.Id.Value[..16], "1" })
            {
                var arguments = new object?[] { text, null };
                if ((bool)parse.Invoke(null, arguments)!)
                    return arguments[1];
            }
        }

        if (type.GetField("Empty", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) is { } empty)
            return empty;
        if (type.IsPrimitive || type == typeof(DateTimeOffset) || type == typeof(DateOnly) || type.GetConstructors().Length == 0)
            return Activator.CreateInstance(type);

        var constructor = type.GetConstructors().MaxBy(one => one.GetParameters().Length)!;
        return constructor.Invoke([.. constructor.GetParameters().Select(parameter => Value(parameter, withNulls))]);
    }

    private static object? Value(ParameterInfo parameter, bool withNulls) => Nullable.GetUnderlyingType(parameter.ParameterType) switch
    {
        { } => withNulls ? null : Sample(Nullable.GetUnderlyingType(parameter.ParameterType)!, withNulls),
        null when withNulls && new NullabilityInfoContext().Create(parameter).WriteState == NullabilityState.Nullable => null,
        _ => Sample(parameter.ParameterType, withNulls),
    };
}
