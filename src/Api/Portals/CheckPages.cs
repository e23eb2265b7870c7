using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Portals;

internal static class CheckPages
{
    public static void MapCheckPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/check", (CurrentPortal portal, ReachReports reports) => Show(portal, reports));
        pages.MapPost("/check", Run);
    }

    private static async Task<IResult> Run(PageForm form, CurrentPortal portal, ReachReports reports, IMediator mediator, CancellationToken ct)
    {
        try
        {
            await mediator.Send(new CheckReach(portal.Id), ct);
            return Results.Redirect("/check", permanent: false, preserveMethod: false);
        }
        catch (RefusedException refused) when (refused.Kind == RefusalKind.TooMany)
        {
            return Show(portal, reports, new FormFailure("check", "check", refused, form));
        }
    }

    private static RazorComponentResult<CheckPage> Show(CurrentPortal portal, ReachReports reports, FormFailure? failure = null) =>
        PageResults.Page<CheckPage>(new CheckPage.View(reports.Find(portal.Id)), failure);
}
