using PeerRegistry.Api.Http;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Apps;

/// <param name="Name">The Portal's name.</param>
/// <param name="App">The name of the calling app.</param>
/// <param name="Visibility">How the owner chooses the peers that the app sees, but not which ones.</param>
/// <param name="Permissions">The permissions that the owner has granted to the app.</param>
internal sealed record SelfAnswer(
    PortalId Id, ShortId ShortId, string Name, string Domain, string App, VisibilityMode Visibility, IReadOnlyList<AppPermission> Permissions);

/// <summary>Tells an app where it runs and under which name, on the internal listener.</summary>
internal static class SelfEndpoints
{
    public static void MapSelf(this IEndpointRouteBuilder inner) =>
        inner.MapGet("/protected/self", Show).WithTags("Apps").RequireAuthorization(Policies.App).WithName("app.self")
            .WithSummary("Tells the calling app where it runs, how the owner chooses the peers that it sees, and what it may read.");

    private static SelfAnswer Show(CurrentPortal portal)
    {
        var (row, app) = (portal.Snapshot.Portal, portal.RequireApp(portal.App!));
        return new(row.Id, row.Id.Short, row.Name, row.Domain, app.Name, app.Visibility.Mode, [.. app.Granted]);
    }
}
