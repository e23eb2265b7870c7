using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Primitives;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>
/// The head of a request has at most 32 KiB; above it 431 (RFC 6585, section 5). A page of any app can set cookies for the Portal's whole
/// domain, and so make the browser send more than that to every host of the Portal. The edge reads none but the core's own cookies, so
/// it drops the others before it counts. On an app's host they cannot be told from the app's own; there the answer deletes them.
/// </summary>
internal sealed class HeadLimit(RequestDelegate next, IPortalSnapshots snapshots)
{
    /// <summary>Request line and header fields, in bytes.</summary>
    public const int MaxBytes = 32 * 1024;

    /// <summary>The most that a printed configuration lets a proxy read, so that its question, with what it adds, is no larger than we read; KiB.</summary>
    public const int ProxyKilobytes = 56;

    /// <summary>What the server reads at all, so that this class can answer; at most the request buffer of a connection.</summary>
    private const int MaxReadBytes = 64 * 1024;

    /// <summary>Header fields that the server reads, those that a proxy adds among them.</summary>
    private const int MaxReadFields = 128;

    /// <summary>Set when cookies were deleted one by one, for a browser that comes back with too many nevertheless.</summary>
    private const string Mark = "__Host-portal-cleared";

    /// <summary>Bytes; nginx takes no head of an answer above 4 KiB unless it is told to.</summary>
    private const int MaxSetCookieBytes = 2048;

    public static void Apply(KestrelServerLimits limits)
    {
        limits.MaxRequestLineSize = MaxReadBytes;
        limits.MaxRequestHeadersTotalSize = MaxReadBytes;
        limits.MaxRequestHeaderCount = MaxReadFields;
    }

    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (headers.Cookie.Count > 0 && context.Listener() == Listener.Edge)
            headers.Cookie = string.Join("; ", Pairs(headers.Cookie).Where(IsOwn));
        return Fits(context) ? next(context) : Refuse(context);
    }

    /// <summary>
    /// Whether the head that the client sent fits, as far as it is known: the fields that a proxy adds to its question do not count, the target
    /// that it asks about does. Nearly every head fits with those fields counted, which takes no look at the names.
    /// </summary>
    private static bool Fits(HttpContext context)
    {
        var size = "  HTTP/1.1\r\n\r\n".Length + context.Request.Method.Length + context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Length;
        foreach (var (name, values) in context.Request.Headers)
            size += Size(name, values);
        if (size <= MaxBytes)
            return true;

        foreach (var (name, values) in context.Request.Headers)
        {
            if (name.Equals("X-Forwarded-Uri", StringComparison.OrdinalIgnoreCase))
                size -= name.Length + 4;
            else if (name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("X-Portal-", StringComparison.OrdinalIgnoreCase))
                size -= Size(name, values);
        }

        return size <= MaxBytes;
    }

    private static int Size(string name, in StringValues values)
    {
        var size = 0;
        for (var i = 0; i < values.Count; i++)
            size += name.Length + (values[i]?.Length ?? 0) + 4;
        return size;
    }

    /// <summary>
    /// <c>Clear-Site-Data</c> deletes the cookies of all hosts of the site in Chromium, the owner's session on the core's host among them. So a
    /// current browser first has the foreign cookies deleted by name; only if it comes back too large, it is told to delete all.
    /// </summary>
    private Task Refuse(HttpContext context)
    {
        var (request, path) = (context.Request, context.Request.Path.Value);
        var forwarded = context.Listener() == Listener.Internal;
        var host = (forwarded ? request.Headers["X-Forwarded-Host"].ToString() : request.Host.Host).Split(':')[0].ToLowerInvariant();
        var foreign = Pairs(request.Headers.Cookie).Where(pair => !IsOwn(pair)).OrderByDescending(pair => pair.Length).ToList();
        var all = !request.Headers.ContainsKey("Sec-Fetch-Site") || Pairs(request.Headers.Cookie).Any(pair => pair.StartsWith(Mark + "=", StringComparison.Ordinal));
        var refused = new RefusedException(RefusalKind.HeadTooLarge, "head_too_large",
            $"The browser sent headers of more than {MaxBytes / 1024} KiB with this request, mostly cookies, which is more than is taken here. "
            + (all ? "It was told to delete all cookies of this site, so it may have to be paired again." : "The cookies that are not this Portal's own were deleted."));
        context.Response.OnStarting(() =>
        {
            context.Response.Headers.SetCookie = StringValues.Concat(context.Response.Headers.SetCookie, Deletions(foreign, host));
            if (all)
                context.Response.Headers["Clear-Site-Data"] = "\"cookies\"";
            return Task.CompletedTask;
        });
        if (forwarded && path == ForwardAuthMiddleware.NginxPath)
        {
            NginxAnswer.Announce(context.Response.Headers, refused);
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        }

        var target = forwarded ? request.Headers["X-Forwarded-Uri"].ToString() : request.Path + request.QueryString;
        return Navigation.ShowsAnswer(request.Headers)
            ? RefusalPage.Write(context, Problem.Of(refused), [("Try again", LoginRedirect.IsRelative(target) ? target : "/")])
            : throw refused;
    }

    /// <summary>The largest first, for the host itself, the Portal's domain and its zone, from wherever they may have been set.</summary>
    private StringValues Deletions(List<string> foreign, string host)
    {
        var deletions = new List<string> { $"{Mark}=1; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Lax" };
        var domain = snapshots.FindByHost(host)?.Portal.Domain;
        string?[] domains = [null, domain, domain?.Split('.', 2)[1]];
        foreach (var name in foreign.Select(pair => pair.Split('=')[0]).Where(IsToken).Distinct())
        {
            var some = domains.Where(set => set is null || (set.Contains('.', StringComparison.Ordinal) && !name.StartsWith("__Host-", StringComparison.OrdinalIgnoreCase)))
                .Distinct().Select(set => $"{name}=; Max-Age=0; Path=/; Secure{(set is null ? "" : "; Domain=" + set)}").ToList();
            if (deletions.Sum(line => line.Length) + some.Sum(line => line.Length) > MaxSetCookieBytes)
                break;
            deletions.AddRange(some);
        }

        return new StringValues([.. deletions]);
    }

    private static IEnumerable<string> Pairs(StringValues cookies) =>
        cookies.SelectMany(line => (line ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    private static bool IsOwn(string pair) => pair.StartsWith(OwnSecrets.CookiePrefix, StringComparison.Ordinal);

    private static bool IsToken(string name) =>
        name.Length is > 0 and < 256 && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal));
}
