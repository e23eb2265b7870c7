using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Apps;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Apps;

internal sealed record PermissionItem(AppPermission Permission, PermissionStatus Status)
{
    /// <summary>Lists what the app's description asks for, with the owner's decisions.</summary>
    public static IReadOnlyList<PermissionItem> Of(App app) =>
        [.. app.Meta.Permissions.Select(permission => new PermissionItem(permission, app.StatusOf(permission)))];
}

internal sealed record PermissionBody(bool Granted);

/// <summary>The owner's decisions about what an app may read from the core beyond its peers.</summary>
internal static class PermissionEndpoints
{
    public static void MapPermissions(this IEndpointRouteBuilder edge)
    {
        var permissions = edge.MapGroup("/core/protected/apps/{name}/permissions").WithTags("Apps").RequireAuthorization(Policies.Owner);
        permissions.MapGet("", List).WithName("apps.permissions.list")
            .WithSummary("Lists the permissions that an app's description asks for, and what was decided about each.").Refuses(404, "app_unknown");
        permissions.MapPut("/{permission}", Decide).WithName("apps.permissions.decide")
            .WithSummary("Grants or denies a permission. It applies from the app's next request on.").Refuses(404, "app_unknown", "permission_unknown");
    }

    private static IReadOnlyList<PermissionItem> List(string name, CurrentPortal portal) => PermissionItem.Of(portal.RequireApp(name));

    private static async Task<NoContent> Decide(
        string name, string permission, PermissionBody body, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new DecidePermission(portal.Id, portal.RequireApp(name).Name, Read(permission), body.Granted), ct);
        return TypedResults.NoContent();
    }

    /// <exception cref="RefusedException"><c>permission_unknown</c></exception>
    internal static AppPermission Read(string word) => AppPermissions.TryParse(word, out var permission) ? permission : throw App.UnknownPermission();
}
