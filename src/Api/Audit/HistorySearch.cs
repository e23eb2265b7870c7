using System.Globalization;
using MediatR;
using PeerRegistry.Application.Audit;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Audit;

/// <summary>What of the history a page shows, as it stands in the page's address.</summary>
/// <param name="About">The choice of streams, or null for all.</param>
/// <param name="From">The first day, UTC.</param>
/// <param name="Until">The last day, UTC.</param>
public sealed record HistoryQuery(string? About, string? Text, string? Kind, DateOnly? From, DateOnly? Until)
{
    private const int MaxText = 200;

    /// <summary>The choices of streams, each the name of one or a prefix of several.</summary>
    private static readonly Dictionary<string, string> Streams = new() { ["peers"] = "peer-", ["apps"] = "app-", ["devices"] = "device-", ["portal"] = "portal" };

    internal HistoryFilter Filter => new(
        About is null ? null : Streams[About], HistoryKind.Find(Kind)?.Types, Start(From), Start(Until < DateOnly.MaxValue ? Until?.AddDays(1) : null));

    public bool IsFiltered => Text is not null || Kind is not null || From is not null || Until is not null;

    /// <param name="field">Returns the value of a field. What is not understood counts as absent.</param>
    public static HistoryQuery Of(Func<string, string?> field) => new(
        Streams.ContainsKey(field("about") ?? "") ? field("about") : null,
        field("text")?.Trim() is { Length: > 0 and <= MaxText } text ? text : null,
        HistoryKind.Find(field("kind"))?.Key,
        Day(field("from")),
        Day(field("until")));

    /// <summary>The page's address with these fields, to which further ones can be appended.</summary>
    public string Path(string page = "/history")
    {
        var fields = new[] { ("about", About), ("text", Text), ("kind", Kind), ("from", Iso(From)), ("until", Iso(Until)) };
        return $"{page}?{string.Concat(fields.Where(field => field.Item2 is not null).Select(field => $"{field.Item1}={Uri.EscapeDataString(field.Item2!)}&"))}";
    }

    internal static string? Iso(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static DateOnly? Day(string? text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;

    private static DateTimeOffset? Start(DateOnly? day) => day is { } one ? new DateTimeOffset(one, TimeOnly.MinValue, TimeSpan.Zero) : null;
}

/// <param name="Before">The position at which the next page begins, or null if this is the last one.</param>
/// <param name="SearchedBackTo">When the search stopped before it came to the beginning, otherwise null.</param>
internal sealed record FoundHistory(IReadOnlyList<HistoryEntry> Entries, long? Before, DateTimeOffset? SearchedBackTo);

/// <summary>Finds events by the words in which they are shown, ignoring case and accents, the latest first.</summary>
internal static class HistorySearch
{
    private const int Batch = 1000;

    /// <summary>The number of events that one request looks at. Whoever wants more goes on from there.</summary>
    private const int MaxScanned = 20_000;

    public static async Task<FoundHistory> Find(PortalId portal, HistoryQuery query, long? before, int size, IMediator mediator, CancellationToken ct)
    {
        if (query.Text is null)
        {
            var page = await mediator.Send(new BrowseHistory(portal, query.Filter, before, size + 1), ct);
            var shown = page.Take(size).ToList();
            return new FoundHistory(await Entries(portal, shown, mediator, ct), page.Count > size ? shown[^1].Sequence : null, null);
        }

        var words = new HistoryWords(await mediator.Send(new ReadNames(portal, null), ct));
        var (wanted, found, scanned) = (Likeness.Of(query.Text), new List<HistoryEntry>(), 0);
        while (true)
        {
            var events = await mediator.Send(new BrowseHistory(portal, query.Filter, before, Batch), ct);
            foreach (var recorded in events)
            {
                var entry = words.Of(recorded);
                if (!Likeness.Of($"{entry.Text} {recorded.Stream}").Contains(wanted, StringComparison.Ordinal))
                    continue;
                if (found.Count == size)
                    return new FoundHistory(found, found[^1].Sequence, null);

                found.Add(entry);
            }

            scanned += events.Count;
            if (events.Count < Batch)
                return new FoundHistory(found, null, null);

            before = events[^1].Sequence;
            if (scanned >= MaxScanned)
                return new FoundHistory(found, before, events[^1].At);
        }
    }

    /// <summary>Puts events into words.</summary>
    public static async Task<IReadOnlyList<HistoryEntry>> Entries(PortalId portal, IReadOnlyList<Recorded> events, IMediator mediator, CancellationToken ct)
    {
        var streams = events.SelectMany(HistoryWords.Streams).Distinct(StringComparer.Ordinal).ToList();
        var words = new HistoryWords(await mediator.Send(new ReadNames(portal, streams), ct));
        return [.. events.Select(words.Of)];
    }
}
