using PeerRegistry.Api.Devices;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Portals;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.Portals;

/// <param name="HasAvatar">Whether there is a picture.</param>
internal sealed record OwnerProfileItem(string Name, bool HasAvatar);

/// <param name="Id">The same as in <c>X-Ptl-Client-Id</c> when the device calls the app.</param>
/// <param name="LastSeenAt">The hour of its last request, or null if its session has expired.</param>
internal sealed record OwnerDeviceItem(string Id, string Name, DateTimeOffset? LastSeenAt);

/// <summary>What an app may read of the owner on the internal listener, each route by a permission that the owner has granted.</summary>
internal static class GrantedEndpoints
{
    public static void MapGranted(this IEndpointRouteBuilder inner)
    {
        var granted = inner.MapGroup("/protected").WithTags("Apps").RequireAuthorization(Policies.App);
        granted.MapGet("/profile", ShowProfile).WithName("app.profile")
            .WithSummary("Shows the owner's name. Needs the permission profile.").Refuses(403, "permission_not_granted");
        granted.MapGet("/profile/avatar", ShowAvatar).WithName("app.profile.avatar")
            .WithSummary("Serves the owner's picture. Needs the permission profile.")
            .Refuses(403, "permission_not_granted").Refuses(404, "avatar_unknown").ServesPicture();
        granted.MapGet("/devices", ListDevices).WithName("app.devices")
            .WithSummary("Lists the owner's devices. Needs the permission devices.").Refuses(403, "permission_not_granted");
    }

    private static OwnerProfileItem ShowProfile(CurrentPortal portal)
    {
        Require(portal, AppPermission.Profile);
        return new(portal.Snapshot.Portal.Name, portal.Snapshot.Portal.AvatarSha256 is not null);
    }

    private static async Task<IResult> ShowAvatar(string? v, HttpContext context, CurrentPortal portal, IAvatars avatars, CancellationToken ct)
    {
        Require(portal, AppPermission.Profile);
        var picture = await ProfileEndpoints.ShowAvatar(v, context, portal, avatars, ct);
        context.Response.Headers.CacheControl = "private, no-cache"; // asked again each time, so that a withdrawn permission applies at once
        return picture;
    }

    private static IReadOnlyList<OwnerDeviceItem> ListDevices(HttpContext context, CurrentPortal portal, int? limit, string? after)
    {
        Require(portal, AppPermission.Devices);
        var (snapshot, most) = (portal.Snapshot, Paging.Limit(limit));
        var sessions = TerminalItem.SessionsOf(snapshot);
        var found = snapshot.Devices.Values
            .OrderBy(device => device.Id, StringComparer.Ordinal)
            .Where(device => after is null || string.CompareOrdinal(device.Id, after) > 0)
            .Take(most + 1)
            .Select(device => new OwnerDeviceItem(device.Id, device.Name, TerminalItem.LastSeen(device, sessions)))
            .ToList();
        return context.Page(found, most, device => device.Id);
    }

    /// <exception cref="RefusedException"><c>permission_not_granted</c></exception>
    private static void Require(CurrentPortal portal, AppPermission permission)
    {
        if (portal.Snapshot.Apps.GetValueOrDefault(portal.App!)?.StatusOf(permission) is not PermissionStatus.Granted)
        {
            throw new RefusedException(RefusalKind.Forbidden, "permission_not_granted",
                "The owner has not granted this permission to the app. Its description asks for it under permissions.");
        }
    }
}
