using System.Reflection;
using MediatR;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Devices;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Application.Audit;

/// <summary>What peers, apps and devices were called at any moment of the history, folded from the events that name them.</summary>
public sealed class NamesThen
{
    private readonly Dictionary<string, List<Named>> streams = [];

    /// <summary>The wire names of the events that name something.</summary>
    public static IReadOnlyCollection<string> Types { get; } =
    [
        .. new[]
        {
            typeof(PeerAdded), typeof(PeerRenamed), typeof(PeerKeyPinned), typeof(PeerNameClaimed), typeof(PeerIdentityForgotten), typeof(AppRegistered),
            typeof(AppUpdated), typeof(DevicePaired), typeof(DeviceRenamed),
        }.Select(type => type.GetCustomAttribute<WireNameAttribute>()!.Name),
    ];

    /// <summary>Takes one more event. They come in the order of their sequence numbers.</summary>
    public void Add(Recorded recorded)
    {
        var known = streams.GetValueOrDefault(recorded.Stream);
        if (After(known is null ? default : known[^1], recorded.Data) is not { } named)
            return;

        if (known is null)
            streams.Add(recorded.Stream, known = []);
        known.Add(named with { Sequence = recorded.Sequence });
    }

    /// <param name="stream">As <c>peer-{short id}</c>.</param>
    /// <returns>The name after the event with this sequence number, or null if there was none.</returns>
    public string? At(string stream, long sequence)
    {
        if (!streams.TryGetValue(stream, out var names))
            return null;

        var next = names.FindIndex(name => name.Sequence > sequence);
        return next == 0 ? null : (next < 0 ? names[^1] : names[next - 1]).Name;
    }

    private static Named? After(Named before, DomainEvent happened) => happened switch
    {
        PeerAdded e => before with { Given = e.Petname },
        PeerRenamed e => before with { Given = e.Petname },
        PeerKeyPinned e => before with { Claimed = e.Name },
        PeerNameClaimed e => before with { Claimed = e.Name },
        PeerIdentityForgotten => default(Named),
        AppRegistered e => before with { Given = e.Meta.PrettyName },
        AppUpdated e => before with { Given = e.Meta.PrettyName },
        DevicePaired e => before with { Given = e.Name },
        DeviceRenamed e => before with { Given = e.Name },
        _ => null,
    };

    private readonly record struct Named(long Sequence, string? Given, string? Claimed)
    {
        public string? Name => Given ?? Claimed;
    }
}

/// <summary>Reads the names for events that are shown.</summary>
/// <param name="Streams">The streams that are named, or null for all.</param>
public sealed record ReadNames(PortalId Portal, IReadOnlyCollection<string>? Streams) : IRequest<NamesThen>
{
    /// <summary>The number of events that are read. If there are more, what was named longer ago has no name.</summary>
    private const int Limit = 50_000;

    internal sealed class Handler(IHistory history) : IRequestHandler<ReadNames, NamesThen>
    {
        public async Task<NamesThen> Handle(ReadNames q, CancellationToken ct)
        {
            var names = new NamesThen();
            var filter = new HistoryFilter(Types: NamesThen.Types) { Streams = q.Streams };
            foreach (var recorded in (await history.Latest(q.Portal, filter, long.MaxValue, Limit, ct)).Reverse())
                names.Add(recorded);
            return names;
        }
    }
}
