using Microsoft.AspNetCore.Authentication;
using PeerRegistry.Api.Apps;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Snapshots;

namespace PeerRegistry.Api.Portals;

/// <summary>The same answer on the internal listener, where no host name tells which Portal is asked.</summary>
internal static class WhoAreYouToApps
{
    public static void MapWhoAreYouToApps(this IEndpointRouteBuilder inner)
    {
        var answers = new[]
        {
            inner.MapWhoAreYou("app.whoareyou"),
            inner.MapWhoAreYou("app.whoareyou-original", "/public/meta/whoareyou"), // where the original core has it for apps
        };
        foreach (var answer in answers)
            answer.AddEndpointFilter(FindPortal).Refuses(401, "not_authenticated", "token_invalid").Refuses(403, "forbidden");
    }

    /// <summary>
    /// Finds the Portal that an app asks who it is. The app's token or address tells. Where one Portal is alone, everybody may ask.
    /// </summary>
    /// <exception cref="Domain.Common.RefusedException"><c>not_authenticated</c>; <c>token_invalid</c>; <c>forbidden</c></exception>
    private static async ValueTask<object?> FindPortal(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var (context, services) = (invocation.HttpContext, invocation.HttpContext.RequestServices);
        if (services.GetRequiredService<IPortalSnapshots>().All is { Count: 1 } all)
            services.GetRequiredService<CurrentPortal>().Snapshot = all.First();
        else if (!(await context.AuthenticateAsync(AppAuthentication.SchemeName)).Succeeded)
            await context.ChallengeAsync(AppAuthentication.SchemeName);
        return await next(invocation);
    }
}
