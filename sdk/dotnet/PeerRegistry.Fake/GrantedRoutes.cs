using PeerRegistry.Api.Http;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Fake;

internal sealed record OwnerProfileItem(string Name, bool HasAvatar);

internal sealed record OwnerDeviceItem(string Id, string Name, DateTimeOffset? LastSeenAt);

/// <summary>What an app may read of the owner, by a permission that the test has granted.</summary>
internal static class GrantedRoutes
{
    public static Task ShowProfile(FakePortal portal, HttpContext context)
    {
        Require(portal, "profile");
        return context.Response.WriteAsJsonAsync(new OwnerProfileItem(portal.Name, portal.Avatar is not null), FakeJson.Default.OwnerProfileItem);
    }

    public static Task ShowAvatar(FakePortal portal, HttpContext context)
    {
        Require(portal, "profile");
        if (portal.Avatar is not { } jpeg)
            throw new RefusedException(RefusalKind.NotFound, "avatar_unknown", "This Portal has no picture.");
        context.Response.ContentType = "image/jpeg";
        context.Response.Headers.CacheControl = "private, no-cache";
        return context.Response.Body.WriteAsync(jpeg, context.RequestAborted).AsTask();
    }

    public static Task ListDevices(FakePortal portal, HttpContext context)
    {
        Require(portal, "devices");
        var (most, after, owner) = (InternalListener.Limit(context.Request.Query), context.Request.Query["after"].ToString(), FakeCaller.Owner());
        OwnerDeviceItem[] all = [new(owner.Id, owner.Name, TimeProvider.System.GetUtcNow())];
        var found = all.Where(device => string.CompareOrdinal(device.Id, after) > 0).ToList();
        var page = context.Page(found, most, device => device.Id).ToArray();
        return context.Response.WriteAsJsonAsync(page, FakeJson.Default.OwnerDeviceItemArray);
    }

    private static void Require(FakePortal portal, string permission)
    {
        if (!portal.Permissions.Contains(permission))
        {
            throw new RefusedException(RefusalKind.Forbidden, "permission_not_granted",
                "The owner has not granted this permission to the app. Its description asks for it under permissions.");
        }
    }
}
