using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>Answers a request to an app that is not let through: with a page for people, with a problem in JSON for programs.</summary>
internal sealed class AppRefusal(IPortalSnapshots snapshots, PublicUrl urls)
{
    /// <param name="authority">The host of the request as it was received, or null if there is none.</param>
    public Task Write(HttpContext context, RefusedException refused, string? authority)
    {
        Challenge(context, refused, authority);
        var problem = Problem.Of(refused);
        return Navigation.ShowsAnswer(context.Request.Headers)
            ? RefusalPage.Write(context, problem, WayHome(authority))
            : problem.Write(context);
    }

    public void Challenge(HttpContext context, RefusedException refused, string? authority)
    {
        if (refused.Kind == RefusalKind.NotAuthenticated)
            context.Response.Headers.WWWAuthenticate = Challenges.Of(context.Request.Headers, authority, snapshots);
    }

    /// <summary>Redirects a browser to the login.</summary>
    public void Redirect(HttpContext context, in AppRequest request)
    {
        var (location, cookie) = LoginRedirect.Begin(urls.Portal(request.Portal), request.App, request.Target, context.Request.Headers.Cookie);
        context.Response.Headers.SetCookie = cookie;
        context.Response.Headers.CacheControl = "no-store";
        (context.Response.StatusCode, context.Response.Headers.Location) = (StatusCodes.Status303SeeOther, location);
    }

    /// <summary>A link to the Portal's own pages, if the host is an app's of a Portal here.</summary>
    public IEnumerable<(string Words, string Url)> WayHome(string? authority) =>
        authority is not null && snapshots.FindByHost(authority.Split(':')[0].ToLowerInvariant()) is { } portal
            ? [(RefusalPageTexts.OwnPages, urls.Portal(portal) + "/")]
            : [];
}
