using System.Buffers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>A request to an app: the one that a proxy asks about, or one that the gateway received.</summary>
/// <param name="Scheme"><c>http</c> or <c>https</c>.</param>
/// <param name="Authority">The authority that the client sent, in lower case.</param>
/// <param name="App">The label before the Portal's domain.</param>
/// <param name="Path">The decoded path, or null if it can be read in more than one way.</param>
internal readonly record struct AppRequest(
    PortalSnapshot Portal, string App, string Method, string Scheme, string Authority, string Target, string? Path)
{
    /// <summary>
    /// The header that the proxy's configuration sets to a constant: the host of the app to which it will send the request. However the proxy
    /// chose the app, the host for which access is decided must be the same.
    /// </summary>
    public const string ServedHost = "X-Portal-Host";

    private static readonly SearchValues<char> MethodCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ-");

    /// <summary>Reads a request that the gateway received.</summary>
    /// <param name="app">The label before the Portal's domain in the request's host.</param>
    /// <exception cref="RefusedException"><c>request_invalid</c></exception>
    public static AppRequest Received(HttpContext context, PortalSnapshot portal, string app)
    {
        var request = context.Request;
        var authority = Lower(request.Host.Value!);
        var target = OriginForm(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        var method = IsWebSocketOverHttp2(context) ? "GET" : Word(request.Method);
        return new(portal, app, method, Uri.UriSchemeHttps, authority, target, PathReading.TryRead(target, out var path) ? path : null);
    }

    /// <summary>Reads the four <c>X-Forwarded-*</c> fields, each of which the proxy sets exactly once.</summary>
    /// <exception cref="RefusedException">
    /// <c>request_invalid</c>; <c>host_mismatch</c>; <c>app_unknown</c>; <c>path_ambiguous</c>: the path is not UTF-8
    /// </exception>
    public static AppRequest Forwarded(IHeaderDictionary headers, IPortalSnapshots snapshots)
    {
        var method = Word(One(headers["X-Forwarded-Method"]));
        var scheme = One(headers["X-Forwarded-Proto"]) switch
        {
            "https" or "wss" => "https",
            "http" or "ws" => "http",
            _ => throw Malformed(),
        };
        var authority = Lower(One(headers["X-Forwarded-Host"]));
        var target = Text(One(headers["X-Forwarded-Uri"]));

        var colon = authority.IndexOf(':', StringComparison.Ordinal);
        var host = colon < 0 ? authority : authority[..colon];
        if (headers[ServedHost] is { Count: > 0 } served && !host.Equals(One(served), StringComparison.OrdinalIgnoreCase))
            throw new RefusedException(RefusalKind.Misdirected, "host_mismatch",
                "The request names another host than the one under which the proxy serves this app.");
        if (snapshots.FindByHost(host) is not { } portal || host.Length <= portal.Portal.Domain.Length)
            throw new RefusedException(RefusalKind.NotFound, "app_unknown", "No app of a Portal here has this host name.");
        return new(
            portal, host[..^(portal.Portal.Domain.Length + 1)], method, scheme, authority, target, PathReading.TryRead(target, out var path) ? path : null);
    }

    /// <summary>Whether the request opens a WebSocket over HTTP/2 (RFC 8441), where its method is CONNECT.</summary>
    public static bool IsWebSocketOverHttp2(HttpContext context) =>
        context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true, Protocol: "websocket" };

    /// <summary>Removes the scheme and the authority from an absolute target; the server has made sure that the authority is that of <c>Host</c>.</summary>
    private static string OriginForm(string target)
    {
        if (target is ['/', ..])
            return target;

        var authority = target.IndexOf("://", StringComparison.Ordinal) + 3;
        if (authority < 3)
            throw new RefusedException(RefusalKind.Invalid, "request_invalid", "The request line must name a path.");

        var path = target.AsSpan(authority).IndexOfAny('/', '?');
        return path < 0 ? "/" : target[authority + path] == '?' ? "/" + target[(authority + path)..] : target[(authority + path)..];
    }

    private static string One(StringValues field) => field is [{ Length: > 0 } only] ? only : throw Malformed();

    /// <summary>Accepts a single word only, so that two fields that a proxy joined into one are refused.</summary>
    private static string Word(string method) => method.AsSpan().ContainsAnyExcept(MethodCharacters) ? throw Malformed() : method;

    /// <summary>Decodes the path, which must be UTF-8. A query that is not UTF-8 is kept as it is, because no decision depends on it.</summary>
    private static string Text(string target)
    {
        if (FieldBytes.Text(target) is { } text)
            return text;

        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query >= 0 && FieldBytes.Text(target[..query]) is { } path ? path + target[query..] : throw Ambiguous();
    }

    private static string Lower(string text) => text.AsSpan().ContainsAnyInRange('A', 'Z') ? text.ToLowerInvariant() : text;

    private static RefusedException Ambiguous() =>
        new(RefusalKind.Invalid, "path_ambiguous", "The path can be read in more than one way, so the request is refused for everybody.");

    private static RefusedException Malformed() => new(RefusalKind.Invalid, "request_invalid",
        "Forward-auth needs X-Forwarded-Method, -Proto, -Host and -Uri from the proxy, each exactly once, and X-Portal-Host at most once.");
}
