using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;

namespace PeerRegistry.Api.Hosting;

/// <summary>Failures on the edge as a page, for whoever asks for HTML, as browsers do when they go somewhere. Programs get the JSON.</summary>
internal sealed class PageProblems : IProblemPage
{
    public bool IsWanted(HttpContext context) =>
        context.Listener() == Listener.Edge
        && context.Request.GetTypedHeaders().Accept.Any(a => a.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase) && a.Quality is not 0);

    public Task Write(HttpContext context, Problem problem)
    {
        // The core's style sheet and pages are not on an app's host.
        if (context.RequestServices.GetRequiredService<CurrentPortal>().App is not null)
            return RefusalPage.Write(context, problem, []);

        context.Response.Headers.CacheControl = "no-cache, no-store"; // as the antiforgery tokens in the page ask for
        context.Response.Headers.Pragma = "no-cache";
        var page = new RazorComponentResult<ProblemPage>(new Dictionary<string, object?>
        {
            [nameof(ProblemPage.Status)] = problem.Status,
            [nameof(ProblemPage.Detail)] = problem.Detail,
        })
        { StatusCode = context.Response.StatusCode };
        return page.ExecuteAsync(context);
    }
}
