using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace PeerRegistry.Api.Kernel.Pages;

/// <summary>
/// Failures as a page for people: wherever the edge would answer problem+json to somebody who asked for HTML, as browsers do when they go
/// somewhere. Programs do not ask for HTML and get the JSON.
/// </summary>
internal sealed class PageProblems : IProblemDetailsWriter
{
    public bool CanWrite(ProblemDetailsContext context) =>
        context.HttpContext.Listener() == Listener.Edge
        && context.HttpContext.Request.GetTypedHeaders().Accept.Any(a => a.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase));

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var status = context.HttpContext.Response.StatusCode;
        context.HttpContext.Response.Headers.CacheControl = "no-cache, no-store";
        context.HttpContext.Response.Headers.Pragma = "no-cache";
        await new RazorComponentResult<ProblemPage>(new Dictionary<string, object?>
        {
            [nameof(ProblemPage.Status)] = status,
            [nameof(ProblemPage.Detail)] = context.ProblemDetails.Detail,
        })
        { StatusCode = status }.ExecuteAsync(context.HttpContext);
    }
}
