using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Kernel;
using PeerRegistry.Api.Kernel.Pages;

namespace PeerRegistry.Api.Portals;

internal static class PublicPages
{
    public static void MapPublicPages(this IEndpointRouteBuilder pages) => pages.MapGet("/", Show);

    /// <summary>The same for everybody, paired or not, so that whatever stands between may keep it.</summary>
    private static RazorComponentResult<PublicPage> Show(HttpContext context, CurrentPortal portal)
    {
        context.Response.Headers.CacheControl = "public, max-age=60";
        return PageModule.Page<PublicPage>(portal.Snapshot);
    }
}
