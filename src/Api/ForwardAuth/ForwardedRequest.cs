using System.Buffers;
using Microsoft.Extensions.Primitives;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>The request that a proxy asks about, from the four <c>X-Forwarded-*</c> fields that it sets, each exactly once.</summary>
/// <param name="Scheme"><c>http</c> or <c>https</c>.</param>
/// <param name="Authority">As the client sent it, lower case.</param>
/// <param name="App">The label before the Portal's domain.</param>
/// <param name="Path">Decoded; null if it can be read in more than one way.</param>
internal readonly record struct ForwardedRequest(
    PortalSnapshot Portal, string App, string Method, string Scheme, string Authority, string Target, string? Path)
{
    /// <summary>
    /// Set by the proxy's configuration, as a literal: the host for which it serves the app that it will send the request to. Whatever
    /// way the proxy chose that app by, the host that is judged has to be the same.
    /// </summary>
    public const string ServedHost = "X-Portal-Host";

    private static readonly SearchValues<char> MethodCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ-");

    /// <exception cref="RefusedException"><c>request_invalid</c>; <c>host_mismatch</c>; <c>app_unknown</c>; <c>path_ambiguous</c>: the path is not UTF-8</exception>
    public static ForwardedRequest Read(IHeaderDictionary headers, IPortalSnapshots snapshots)
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
            throw new RefusedException(RefusalKind.Misdirected, "host_mismatch", "The request names another host than the one that the proxy serves this app for.");
        if (snapshots.FindByHost(host) is not { } portal || host.Length <= portal.Portal.Domain.Length)
            throw new RefusedException(RefusalKind.NotFound, "app_unknown", "No app of a Portal here has this host name.");
        return new(
            portal, host[..^(portal.Portal.Domain.Length + 1)], method, scheme, authority, target, PathReading.TryRead(target, out var path) ? path : null);
    }

    private static string One(StringValues field) => field is [{ Length: > 0 } only] ? only : throw Malformed();

    /// <summary>Two fields that somebody joined are no word any more.</summary>
    private static string Word(string method) => method.AsSpan().ContainsAnyExcept(MethodCharacters) ? throw Malformed() : method;

    /// <summary>A path is UTF-8; a query that is not stays as it is, since no verdict reads it.</summary>
    private static string Text(string target)
    {
        if (FieldBytes.Text(target) is { } text)
            return text;

        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query >= 0 && FieldBytes.Text(target[..query]) is { } path ? path + target[query..] : throw Ambiguous();
    }

    private static string Lower(string text) => text.AsSpan().ContainsAnyInRange('A', 'Z') ? text.ToLowerInvariant() : text;

    private static RefusedException Ambiguous() =>
        new(RefusalKind.Invalid, "path_ambiguous", "The path can be read in more than one way, so nobody is let through.");

    private static RefusedException Malformed() => new(RefusalKind.Invalid, "request_invalid",
        "Forward-auth needs X-Forwarded-Method, -Proto, -Host and -Uri from the proxy, each exactly once, and X-Portal-Host at most once.");
}
