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
        pages.MapGet("/history/export.jsonl", HistoryExport.Lines);
        pages.MapGet("/history/export.csv", HistoryExport.Table);
    }

    /// <summary>The latest events of one stream, as part of another page.</summary>
    public static async Task<RenderFragment> Timeline(CurrentPortal portal, string stream, IMediator mediator, CancellationToken ct)
    {
        var events = await mediator.Send(new BrowseHistory(portal.Id, new HistoryFilter(stream), null, PageSize), ct);
        var entries = await HistorySearch.Entries(portal.Id, events, mediator, ct);
        return builder =>
        {
            builder.OpenComponent<Timeline>(0);
            builder.AddComponentParameter(1, nameof(Audit.Timeline.Entries), entries);
            builder.CloseComponent();
        };
    }

    private static async Task<IResult> Show(long? before, HttpContext context, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var query = HistoryQuery.Of(name => context.Request.Query[name].ToString());
        var found = await HistorySearch.Find(portal.Id, query, before, PageSize, mediator, ct);
        return PageResults.Page<HistoryPage>(new HistoryPage.View(found.Entries, query, before is null, found.Before, found.SearchedBackTo));
    }
}
