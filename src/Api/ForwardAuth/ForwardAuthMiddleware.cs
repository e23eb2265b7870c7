using System.Data.Common;
using Microsoft.Extensions.Primitives;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.ForwardAuth;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>
/// <c>GET /internal/auth</c>, asked by the proxy for every request to every app; so it stands before the general pipeline. On the
/// internal listener only: nobody else's word about <c>X-Forwarded-*</c> counts.
/// </summary>
internal sealed class ForwardAuthMiddleware(
    RequestDelegate next, IPortalSnapshots snapshots, ISnapshotTrust trust, HotPath hotPath, PublicUrl urls, BodyBudget budget, CallerAddress addresses)
{
    public const string Path = "/internal/auth";
    public const string NginxPath = "/internal/auth/nginx";

    public Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value;
        if (path is not (Path or NginxPath) || context.Listener() != Listener.Internal)
            return next(context);
        if (context.Request.Method is "GET" or "HEAD")
            return Answer(context, path == NginxPath);

        context.Response.Headers.Allow = "GET, HEAD";
        return Problem.OfStatus(StatusCodes.Status405MethodNotAllowed).Write(context);
    }

    private async Task Answer(HttpContext context, bool forNginx)
    {
        try
        {
            await trust.Require(context.RequestAborted);
            var forwarded = ForwardedRequest.Read(context.Request.Headers, snapshots);
            RefuseUpgrade(context.Request.Headers.Upgrade);
            if (forNginx)
                ReservedNames.Refuse(context.Request.Headers);
            var (portal, verdict, digest) = await Authorize(context, forwarded);
            VerdictMetrics.Count(verdict);
            switch (verdict.Ruling)
            {
                case Ruling.Granted:
                    Grant(context, portal, verdict, digest);
                    break;
                case Ruling.SessionNeeded:
                    Redirect(context, portal, forwarded, forNginx);
                    break;
                default:
                    throw Refusal(verdict.Ruling);
            }
        }
        catch (RefusedException refused)
        {
            await Refuse(context, refused, forNginx);
        }
        catch (DbException e) when (DatabaseFailures.MeansUnavailable(e))
        {
            await Refuse(context, DatabaseUnavailable.Refusal(), forNginx);
        }
    }

    /// <summary>The body is held only where there is a signature, whose digest it is compared with.</summary>
    private Task<Authorization> Authorize(HttpContext context, in ForwardedRequest forwarded)
    {
        var headers = context.Request.Headers;
        var access = Request(headers, forwarded);
        return headers.ContainsKey("Signature") || headers.ContainsKey("Signature-Input")
            ? Verify(context, forwarded, access)
            : hotPath.Send(new AuthorizeRequest(forwarded.Portal, access, null), context.RequestAborted);
    }

    private async Task<Authorization> Verify(HttpContext context, ForwardedRequest forwarded, AccessRequest access)
    {
        using var body = await ForwardedBody.Read(context, budget.Verdicts, addresses);
        var received = new ReceivedRequest(
            forwarded.Method, forwarded.Scheme, forwarded.Authority, forwarded.Target, new HeaderFields(context.Request.Headers));
        var signed = new SignedRequest(received, body.Bytes, () => Networks.Of(addresses.Of(context)));
        return await hotPath.Send(new AuthorizeRequest(forwarded.Portal, access, signed), context.RequestAborted);
    }

    /// <summary>
    /// Whatever protocol a connection is upgraded to, its requests are seen by no proxy and judged by nobody. HTTP/2 over plain TCP
    /// (<c>h2c</c>) is one that many app servers take.
    /// </summary>
    private static void RefuseUpgrade(StringValues upgrade)
    {
        if (upgrade.Count > 0 && !(upgrade is [{ } only] && only.Equals("websocket", StringComparison.OrdinalIgnoreCase)))
            throw new RefusedException(RefusalKind.Invalid, "upgrade_unsupported", "A connection to an app may be upgraded to a WebSocket only.");
    }

    private static AccessRequest Request(IHeaderDictionary headers, in ForwardedRequest forwarded)
    {
        var cookie = headers.Cookie.Count == 0 ? null : OwnSecrets.Cookie(headers.Cookie, OwnSecrets.AppCookie);
        var basic = headers.Authorization.Count == 0 ? null : Basic.Credentials(headers.Authorization)?.Password;
        // Not every proxy asks with Upgrade, a field of one connection; the browser's key comes along with all.
        var mayChange = !CrossSite.IsSafe(forwarded.Method) || headers.ContainsKey("Upgrade") || headers.ContainsKey("Sec-WebSocket-Key");
        return new(
            forwarded.App, forwarded.Target, forwarded.Path, mayChange,
            FromOwnPage: (cookie ?? basic) is not null && mayChange && IsOwn(headers, forwarded.Authority, silentIsOwn: cookie is null),
            IsNavigation: Navigation.MayBeRedirected(headers, forwarded.Method),
            cookie, Bearer.Token(headers.Authorization), basic);
    }

    private static bool IsOwn(IHeaderDictionary headers, string authority, bool silentIsOwn) =>
        headers.Origin.Count <= 1 && headers["Sec-Fetch-Site"].Count <= 1
        && CrossSite.IsOwn(headers.Origin, headers["Sec-Fetch-Site"], authority, silentIsOwn);

    private void Grant(HttpContext context, PortalSnapshot portal, in AccessVerdict verdict, string digest)
    {
        var (from, to) = (context.Request.Headers, context.Response.Headers);
        var handed = IdentityHeaders.Of(portal);
        var values = handed.Values(verdict.Client);
        foreach (var header in handed.For(verdict.Rule!))
            to[header.Name] = header.Template is null ? "" : FieldBytes.Of(header.Template.Render(values));

        to["Cookie"] = OwnSecrets.Cookies(from.Cookie, snapshots);
        to["Authorization"] = OwnSecrets.Authorization(from.Authorization, snapshots);
        to["Content-Digest"] = digest;
        context.Response.ContentLength = 0;
    }

    private void Redirect(HttpContext context, PortalSnapshot portal, in ForwardedRequest forwarded, bool forNginx)
    {
        var (location, cookie) = LoginRedirect.Begin(urls.Portal(portal), forwarded.App, forwarded.Target, context.Request.Headers.Cookie);
        context.Response.Headers.SetCookie = cookie;
        context.Response.Headers.CacheControl = "no-store";
        if (forNginx)
        {
            context.Response.StatusCode = 401;
            context.Response.Headers["X-Portal-Status"] = "303";
            context.Response.Headers["X-Portal-Location"] = location;
            return;
        }

        (context.Response.StatusCode, context.Response.Headers.Location) = (303, location);
    }

    private static RefusedException Refusal(Ruling ruling) => ruling switch
    {
        Ruling.AppUnknown => new(RefusalKind.NotFound, "app_unknown", "No app of a Portal here has this host name."),
        Ruling.NothingThere => new(RefusalKind.NotFound, "not_found", "The app has nothing at this path."),
        Ruling.PathAmbiguous => new(RefusalKind.Invalid, "path_ambiguous",
            "The path can be read in ways that fall under different rules of the app, so nobody is let through."),
        Ruling.NotAuthenticated => new(RefusalKind.NotAuthenticated, "not_authenticated", "This path is not open to everybody."),
        Ruling.CrossSite => new(RefusalKind.Forbidden, "forbidden", "This request was made by a page of another origin."),
        _ => new(RefusalKind.Forbidden, "forbidden", "This path is not open to you."),
    };

    /// <summary>A link to the Portal's own pages, if the host is an app's of a Portal here.</summary>
    public static IEnumerable<(string Words, string Url)> WayHome(IHeaderDictionary headers, IPortalSnapshots snapshots, PublicUrl urls) =>
        headers["X-Forwarded-Host"] is [{ } host] && snapshots.FindByHost(host.Split(':')[0].ToLowerInvariant()) is { } portal
            ? [("This Portal's own pages", urls.Portal(portal) + "/")]
            : [];

    /// <summary>nginx takes every verdict but 200, 401 and 403 for a failure of the core, so any other refusal is 403 to it.</summary>
    private Task Refuse(HttpContext context, RefusedException refused, bool forNginx)
    {
        if (forNginx)
            NginxAnswer.Announce(context.Response.Headers, refused);
        if (refused.Kind == RefusalKind.NotAuthenticated)
            context.Response.Headers.WWWAuthenticate = Challenges.Of(context.Request.Headers, context.Request.Headers["X-Forwarded-Host"], snapshots);
        var problem = Problem.Of(refused);
        return !forNginx && Navigation.ShowsAnswer(context.Request.Headers)
            ? RefusalPage.Write(context, problem, WayHome(context.Request.Headers, snapshots, urls))
            : problem.Write(context, forNginx && problem.Status is not (401 or 403) ? 403 : null);
    }
}
