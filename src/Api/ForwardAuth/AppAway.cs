using PeerRegistry.Api.Http;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>
/// What is answered for an app that does not answer itself, because its container is stopped or is still starting. A proxy that asks the core sends such
/// requests here; the gateway says the same by itself. Anybody may ask for it: it tells nothing.
/// </summary>
internal static class AppAway
{
    public const string Path = "/.portal/away";

    public static void MapAppAway(this IEndpointRouteBuilder edge) =>
        edge.MapGet(Path, Answer).WithName("apps.away")
            .WithSummary("What a proxy answers for an app that does not answer itself.")
            .Refuses(503, "app_unavailable").WithTags("Apps").Produces(StatusCodes.Status503ServiceUnavailable);

    private static Task Answer(HttpContext context, AppRefusal refusals) => refusals.Write(
        context,
        new RefusedException(RefusalKind.Unavailable, "app_unavailable", "The app does not answer. It may be stopped, or still be starting."),
        context.Request.Host.Value);
}
