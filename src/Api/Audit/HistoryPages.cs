using MediatR;
using Microsoft.AspNetCore.Components;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Audit;

namespace PeerRegistry.Api.Audit;

internal static class HistoryPages
{
    private const int PageSize = 50;

    public static void MapHistoryPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/history", Show);
    }

    /// <summary>The latest events of one stream, as part of another page.</summary>
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
        return PageResults.Page<HistoryPage>(new HistoryPage.View(
            page.ConvertAll(words.Of),
            StreamOf(about) is null ? null : about,
            before is null,
            found.Count > PageSize ? page[^1].Sequence : null));
    }

    private static string? StreamOf(string? about) => about switch
    {
        "peers" => "peer-",
        "apps" => "app-",
        "devices" => "device-",
        "portal" => "portal",
        _ => null,
    };
}
