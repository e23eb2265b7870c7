using Microsoft.AspNetCore.Authentication;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Apps;

/// <param name="Name">The Portal's name.</param>
/// <param name="App">The name of the calling app.</param>
/// <param name="Visibility">How the owner chooses the peers that the app sees, but not which ones.</param>
internal sealed record SelfAnswer(PortalId Id, ShortId ShortId, string Name, string Domain, string App, VisibilityMode Visibility);

/// <summary>Tells an app where it runs and under which name, on the internal listener.</summary>
internal static class SelfEndpoints
{
    public static void MapSelf(this IEndpointRouteBuilder inner)
    {
        inner.MapGet("/protected/self", Show).WithTags("Apps").RequireAuthorization(Policies.App).ProducesProblem(401).WithName("app.self");
        inner.MapWhoAreYou("app.whoareyou").AddEndpointFilter(FindPortal);
        inner.MapWhoAreYou("app.whoareyou-original", "/public/meta/whoareyou").AddEndpointFilter(FindPortal); // where the original core has it for apps
    }

    private static SelfAnswer Show(CurrentPortal portal)
    {
        var (row, app) = (portal.Snapshot.Portal, portal.Snapshot.Apps.GetValueOrDefault(portal.App!) ?? throw App.Unknown(portal.App!));
        return new(row.Id, row.Id.Short, row.Name, row.Domain, app.Name, app.Visibility.Mode);
    }

    /// <summary>
    /// Finds the Portal that an app asks who it is. No host name tells, so the app's token or address does. Where one Portal is alone, everybody may ask.
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
