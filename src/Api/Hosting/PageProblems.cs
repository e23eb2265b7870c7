using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Devices;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Snapshots;

namespace PeerRegistry.Api.Hosting;

/// <summary>
/// Renders failures on the edge as a page if the request accepts HTML, as that of a navigating browser does. Programs get JSON, and whoever asked for an app
/// got a page already if it is one to show.
/// </summary>
internal sealed class PageProblems(IPortalSnapshots snapshots) : IProblemPage
{
    public bool IsWanted(HttpContext context) =>
        context.Listener() == Listener.Edge && EdgePortal.AppOf(context, snapshots) is null
        && context.Request.GetTypedHeaders().Accept.Any(a => a.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase) && a.Quality is not 0);

    public async Task Write(HttpContext context, Problem problem)
    {
        // An app's host does not serve the core's style sheet and pages.
        var portal = context.RequestServices.GetRequiredService<CurrentPortal>();
        if (portal.App is not null)
        {
            await RefusalPage.Write(context, problem, []);
            return;
        }

        // Nobody asked who it is if no endpoint has the path; the language depends on it.
        if (portal.IsKnown && await context.AuthenticateAsync(OwnerAuthentication.SchemeName) is { Principal: { } owner })
            context.User = owner;
        Languages.Use(context);
        context.Response.Headers.CacheControl = "no-cache, no-store"; // required for the antiforgery token in the page
        context.Response.Headers.Pragma = "no-cache";
        if (problem.Status == StatusCodes.Status401Unauthorized)
            PairReturn.Allow(context, context.RequestServices.GetRequiredService<CurrentPortal>(), context.RequestServices.GetRequiredService<PublicUrl>());
        var page = new RazorComponentResult<ProblemPage>(new Dictionary<string, object?>
        {
            [nameof(ProblemPage.Status)] = problem.Status,
            [nameof(ProblemPage.Code)] = problem.Code,
            [nameof(ProblemPage.Detail)] = problem.Detail,
        })
        { StatusCode = context.Response.StatusCode };
        await page.ExecuteAsync(context);
    }
}
