using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using PeerRegistry.Api.ForwardAuth;
using PeerRegistry.Api.Http;

namespace PeerRegistry.Api.Devices;

/// <summary>
/// Leads a browser back, after pairing, to what it asked for: a page, or an app of this Portal. The address in the form may be anything, so only paths
/// of the core's own host pass, and of apps only those that are registered here.
/// </summary>
internal static class PairReturn
{
    public const string Field = "return";
    private const string AppLogin = "/core/app-session";
    private const string Home = "/home?done=paired";

    /// <returns>What the refused request asked for, or what the form said that was sent before. Null if there is nothing to return to.</returns>
    public static string? Wanted(HttpContext context) => HttpMethods.IsGet(context.Request.Method)
        ? context.Request.Path == "/pair" ? null : Checked(context.Request.Path + context.Request.QueryString)
        : context.Request is { HasFormContentType: true } request && request.Path == "/pair" ? Checked(request.Form[Field].ToString()) : null;

    /// <summary>
    /// The address to go to. A login to an app begins again at the app, since what the browser kept of the first try may have expired while the owner
    /// fetched a code.
    /// </summary>
    public static string Location(string? wanted, CurrentPortal portal, PublicUrl urls) => Checked(wanted) switch
    {
        null => Home,
        var path when AppOf(path, portal) is var (app, to) => urls.App(portal.Snapshot, app) + to,
        var path when path.StartsWith("/core/", StringComparison.OrdinalIgnoreCase) => Home,
        var path => path,
    };

    /// <summary>Lets the form's answer lead to the app: browsers hold the redirects of a form to <c>form-action</c>, too.</summary>
    public static void Allow(HttpContext context, CurrentPortal portal, PublicUrl urls)
    {
        if (Wanted(context) is { } path && AppOf(path, portal) is var (app, _))
            context.Response.Headers.ContentSecurityPolicy = Pages.SecurityHeaders.WithFormsTo(urls.App(portal.Snapshot, app));
    }

    /// <returns>The name of the app that the browser wants to open, or null.</returns>
    public static string? App(HttpContext context, CurrentPortal portal) => Wanted(context) is { } path ? AppOf(path, portal)?.App : null;

    private static (string App, string To)? AppOf(string path, CurrentPortal portal)
    {
        if (!path.StartsWith(AppLogin + "?", StringComparison.Ordinal))
            return null;

        var query = QueryHelpers.ParseQuery(path[AppLogin.Length..]);
        var (app, to) = (query["app"].ToString(), query["to"].ToString());
        return portal.Snapshot.Apps.ContainsKey(app) ? (app, Checked(to) ?? "/") : null;
    }

    private static string? Checked(string? path) => path is not null && Ascii.IsValid(path) && LoginRedirect.IsRelative(path) ? path : null;
}
