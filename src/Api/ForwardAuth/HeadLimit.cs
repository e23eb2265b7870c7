using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Primitives;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>
/// Limits the head of a request to 32 KiB and answers a larger one with 431 (RFC 6585, section 5). A page of any app can set cookies for the
/// Portal's whole domain, and so make the browser exceed this limit on every host of the Portal. The edge reads only the core's own cookies, so
/// the others are dropped before the size is checked. On an app's host they cannot be distinguished from the app's own, so the response deletes them.
/// </summary>
internal sealed class HeadLimit(RequestDelegate next, IPortalSnapshots snapshots)
{
    /// <summary>The limit for the request line and the header fields, in bytes.</summary>
    public const int MaxBytes = 32 * 1024;

    /// <summary>The limit in a proxy's printed configuration, in KiB. With the fields that the proxy adds, its request stays within our own limit.</summary>
    public const int ProxyKilobytes = 56;

    /// <summary>The limit of the server, which is higher so that this class can answer. It is at most the request buffer of a connection.</summary>
    private const int MaxReadBytes = 64 * 1024;

    /// <summary>The maximum number of header fields that the server reads, including those that a proxy adds.</summary>
    private const int MaxReadFields = 128;

    /// <summary>A cookie that is set when cookies were deleted by name, to recognize a browser that comes back with too many nevertheless.</summary>
    private const string Mark = "__Host-portal-cleared";

    /// <summary>In bytes. By default, nginx accepts at most 4 KiB for the head of a response.</summary>
    private const int MaxSetCookieBytes = 2048;

    public static void Apply(KestrelServerLimits limits)
    {
        limits.MaxRequestLineSize = MaxReadBytes;
        limits.MaxRequestHeadersTotalSize = MaxReadBytes;
        limits.MaxRequestHeaderCount = MaxReadFields;
        limits.Http2.MaxRequestHeaderFieldSize = MaxReadBytes;
    }

    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (headers.Cookie.Count > 0 && context.Listener() == Listener.Edge && EdgePortal.AppOf(context, snapshots) is null)
            headers.Cookie = string.Join("; ", Pairs(headers.Cookie).Where(IsOwn));
        return Fits(context) ? next(context) : Refuse(context);
    }

    /// <summary>
    /// Whether the client's head is within the limit. The fields that a proxy adds do not count, but the forwarded target does. Nearly every head
    /// is within the limit even if all fields count, so the names are only examined if it is not.
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
    /// In Chromium, <c>Clear-Site-Data</c> deletes the cookies of all hosts of the site, including the owner's session on the core's host. So a
    /// current browser is first told to delete the foreign cookies by name, and to delete all cookies only if it comes back with too many.
    /// </summary>
    private Task Refuse(HttpContext context)
    {
        var (request, path) = (context.Request, context.Request.Path.Value);
        var forwarded = context.Listener() == Listener.Internal;
        var host = (forwarded ? request.Headers["X-Forwarded-Host"].ToString() : request.Host.Host).Split(':')[0].ToLowerInvariant();
        var foreign = Pairs(request.Headers.Cookie).Where(pair => !IsOwn(pair)).OrderByDescending(pair => pair.Length).ToList();
        var all = !request.Headers.ContainsKey("Sec-Fetch-Site")
            || Pairs(request.Headers.Cookie).Any(pair => pair.StartsWith(Mark + "=", StringComparison.Ordinal));
        var refused = new RefusedException(RefusalKind.HeadTooLarge, "head_too_large",
            $"The browser sent headers of more than {MaxBytes / 1024} KiB with this request, mostly cookies, which is more than this Portal accepts. "
            + (all
                ? "It was told to delete all cookies of this site, so it may have to be paired again."
                : "The cookies that are not this Portal's own were deleted."));
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
            ? RefusalPage.Write(context, Problem.Of(refused), [(RefusalPageTexts.TryAgain, LoginRedirect.IsRelative(target) ? target : "/")])
            : throw refused;
    }

    /// <summary>Deletes the largest cookies first, for the host itself, the Portal's domain and its zone, since any of these may have set them.</summary>
    private StringValues Deletions(List<string> foreign, string host)
    {
        var deletions = new List<string> { $"{Mark}=1; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Lax" };
        var domain = snapshots.FindByHost(host)?.Portal.Domain;
        string?[] domains = [null, domain, domain?.Split('.', 2)[1]];
        foreach (var name in foreign.Select(pair => pair.Split('=')[0]).Where(IsToken).Distinct())
        {
            var isHostOnly = name.StartsWith("__Host-", StringComparison.OrdinalIgnoreCase);
            var some = domains.Where(set => set is null || (set.Contains('.', StringComparison.Ordinal) && !isHostOnly))
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
