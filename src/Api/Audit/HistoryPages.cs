using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using MediatR;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using PeerRegistry.Api.Kernel;
using PeerRegistry.Api.Kernel.Pages;
using PeerRegistry.Application.Audit;
using PeerRegistry.Application.Kernel;

namespace PeerRegistry.Api.Audit;

internal static class HistoryPages
{
    private const int PageSize = 50;

    public static void MapHistoryPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/history", Show);
        pages.MapGet("/history/live", (string? about, long after, HttpContext context, CurrentPortal portal, IEventStore store, IPortalSnapshots snapshots, CancellationToken ct) =>
            TypedResults.ServerSentEvents(Live(StreamOf(about), after, context, portal, store, snapshots, ct)));
    }

    /// <summary>The latest of one stream, to be put into another page.</summary>
    public static async Task<RenderFragment> Timeline(CurrentPortal portal, string stream, IMediator mediator, CancellationToken ct)
    {
        var words = new HistoryWords(portal.Snapshot);
        var entries = (await mediator.Send(new BrowseHistory(portal.Id, stream, null, PageSize), ct)).Select(words.Of).ToList();
        return builder =>
        {
            builder.OpenComponent<Timeline>(0);
            builder.AddComponentParameter(1, nameof(Audit.Timeline.Entries), entries);
            builder.CloseComponent();
        };
    }

    private static async Task<IResult> Show(string? about, long? before, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var found = await mediator.Send(new BrowseHistory(portal.Id, StreamOf(about), before, PageSize + 1), ct);
        var words = new HistoryWords(portal.Snapshot);
        var page = found.Take(PageSize).ToList();
        return PageModule.Page<HistoryPage>(new HistoryPage.View(
            page.ConvertAll(words.Of),
            StreamOf(about) is null ? null : about,
            before is null,
            found.Count > PageSize ? page[^1].Sequence : null,
            before is null ? $"/history/live?about={about}&after={(found.Count > 0 ? found[0].Sequence : 0)}" : null));
    }

    /// <summary>
    /// Each further event as one rendered entry. A browser that comes back names the last one that it has. Ends when the device is revoked.
    /// </summary>
    private static async IAsyncEnumerable<SseItem<string>> Live(
        string? stream, long after, HttpContext context, CurrentPortal portal, IEventStore store, IPortalSnapshots snapshots,
        [EnumeratorCancellation] CancellationToken ct)
    {
        if (long.TryParse(context.Request.Headers["Last-Event-ID"], out var last))
            after = Math.Max(after, last);

        var device = context.User.FindFirst(System.Security.Claims.ClaimTypes.NameIdentifier)?.Value ?? "";
        await using var renderer = new HtmlRenderer(context.RequestServices, context.RequestServices.GetRequiredService<ILoggerFactory>());
        await foreach (var recorded in store.Subscribe(after, ct))
        {
            var now = snapshots.Find(portal.Id);
            if (now?.Devices.ContainsKey(device) != true)
                yield break;
            if (recorded.Portal != portal.Id || !IsOf(stream, recorded.Stream))
                continue;

            var entry = new Dictionary<string, object?> { [nameof(TimelineEntry.Entry)] = new HistoryWords(now).Of(recorded) };
            var html = await renderer.Dispatcher.InvokeAsync(async () =>
                (await renderer.RenderComponentAsync<TimelineEntry>(ParameterView.FromDictionary(entry))).ToHtmlString());
            yield return new SseItem<string>(html.ReplaceLineEndings(" "), "entry") { EventId = $"{recorded.Sequence}" };
        }
    }

    private static bool IsOf(string? wanted, string stream) =>
        wanted is null || stream == wanted || (wanted[^1] == '-' && stream.StartsWith(wanted, StringComparison.Ordinal));

    private static string? StreamOf(string? about) => about switch
    {
        "peers" => "peer-",
        "apps" => "app-",
        "devices" => "device-",
        "portal" => "portal",
        _ => null,
    };
}
