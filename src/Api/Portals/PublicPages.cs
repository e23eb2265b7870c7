using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;

namespace PeerRegistry.Api.Portals;

internal static class PublicPages
{
    public static void MapPublicPages(this IEndpointRouteBuilder pages) => pages.MapGet("/", Show);

    /// <summary>The public page. It is the same for everybody, paired or not, so that caches may store it.</summary>
    private static RazorComponentResult<PublicPage> Show(HttpContext context, CurrentPortal portal)
    {
        context.Response.Headers.CacheControl = "public, max-age=60";
        context.Response.Headers.ContentSecurityPolicy = AddMePages.ContentSecurityPolicy;
        return PageResults.Page<PublicPage>(portal.Snapshot);
    }
}
