using Microsoft.Extensions.Primitives;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.ForwardAuth;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>Decides about a request to an app, in the same way for a proxy that asks and for the gateway.</summary>
internal sealed class AppAuthorizer(HotPath hotPath, CallerAddress addresses)
{
    public static bool IsSigned(IHeaderDictionary headers) => headers.ContainsKey("Signature") || headers.ContainsKey("Signature-Input");

    /// <param name="body">The body of a signed request, or null if it is not compared here.</param>
    /// <exception cref="RefusedException"><c>upgrade_unsupported</c>; those of <see cref="AuthorizeRequest"/></exception>
    public Task<Authorization> Authorize(HttpContext context, in AppRequest request, ReadOnlyMemory<byte>? body)
    {
        var headers = context.Request.Headers;
        RefuseUpgrade(headers.Upgrade);
        var signed = IsSigned(headers) ? new SignedRequest(Signed(request, headers), body, () => Networks.Of(addresses.Of(context))) : null;
        return hotPath.Send(new AuthorizeRequest(request.Portal, Access(context, request), signed), context.RequestAborted);
    }

    /// <summary>The request as its sender signed it.</summary>
    public static ReceivedRequest Signed(in AppRequest request, IHeaderDictionary headers) =>
        new(request.Method, request.Scheme, request.Authority, request.Target, new HeaderFields(headers));

    /// <summary>The refusal for a ruling that neither grants nor asks for a session.</summary>
    public static RefusedException Refusal(Ruling ruling) => ruling switch
    {
        Ruling.AppUnknown => new(RefusalKind.NotFound, "app_unknown", "No app of a Portal here has this host name."),
        Ruling.NotInstalled => new(RefusalKind.NotFound, SignedAnswers.NotInstalled, "This Portal does not have this app."),
        Ruling.NothingThere => new(RefusalKind.NotFound, "not_found", "The app has nothing at this path."),
        Ruling.PathAmbiguous => new(RefusalKind.Invalid, "path_ambiguous",
            "The path can be read in ways that fall under different rules of the app, so nobody is let through."),
        Ruling.NotAuthenticated => new(RefusalKind.NotAuthenticated, "not_authenticated", "This path is not open to everybody."),
        Ruling.CrossSite => new(RefusalKind.Forbidden, "forbidden", "This request was made by a page of another origin."),
        _ => new(RefusalKind.Forbidden, "forbidden", "This path is not open to you."),
    };

    /// <summary>
    /// Whatever protocol a connection is upgraded to, its requests are seen by no proxy and judged by nobody. HTTP/2 over plain TCP
    /// (<c>h2c</c>) is one that many app servers take.
    /// </summary>
    private static void RefuseUpgrade(StringValues upgrade)
    {
        if (upgrade.Count > 0 && !(upgrade is [{ } only] && only.Equals("websocket", StringComparison.OrdinalIgnoreCase)))
            throw new RefusedException(RefusalKind.Invalid, "upgrade_unsupported", "A connection to an app may be upgraded to a WebSocket only.");
    }

    private static AccessRequest Access(HttpContext context, in AppRequest request)
    {
        var headers = context.Request.Headers;
        var cookie = headers.Cookie.Count == 0 ? null : OwnSecrets.Cookie(headers.Cookie, OwnSecrets.AppCookie);
        var basic = headers.Authorization.Count == 0 ? null : Basic.Credentials(headers.Authorization)?.Password;
        // Not every proxy asks with Upgrade, a field of one connection; the browser's key comes along with all.
        var mayChange = !CrossSite.IsSafe(request.Method) || headers.ContainsKey("Upgrade") || headers.ContainsKey("Sec-WebSocket-Key")
            || AppRequest.IsWebSocketOverHttp2(context);
        return new(
            request.App, request.Target, request.Path, mayChange,
            FromOwnPage: (cookie ?? basic) is not null && mayChange && IsOwn(headers, request.Authority, silentIsOwn: cookie is null),
            IsNavigation: Navigation.MayBeRedirected(headers, request.Method),
            cookie, Bearer.Token(headers.Authorization), basic);
    }

    private static bool IsOwn(IHeaderDictionary headers, string authority, bool silentIsOwn) =>
        headers.Origin.Count <= 1 && headers["Sec-Fetch-Site"].Count <= 1
        && CrossSite.IsOwn(headers.Origin, headers["Sec-Fetch-Site"], authority, silentIsOwn);
}
