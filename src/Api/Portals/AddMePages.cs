using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;

namespace PeerRegistry.Api.Portals;

/// <summary>
/// <c>GET /add-me?portal=…</c>: leads visitors to their own Portal, where its owner confirms that this one is added
/// (docs/adr/0028-asking-before-adding.md). Nothing is asked or stored here.
/// </summary>
internal static class AddMePages
{
    /// <summary>
    /// A policy for pages with the form. Browsers apply <c>form-action</c> to the redirect that follows, too, so it has to allow every Portal.
    /// </summary>
    public static readonly string ContentSecurityPolicy = SecurityHeaders.WithFormsTo("https:");

    public static void MapAddMePages(this IEndpointRouteBuilder pages) => pages.MapGet("/add-me", Lead);

    private static IResult Lead(
        string? portal, string? invite, HttpContext context, CurrentPortal current, PublicUrl url, RegistryOptions options, IProblemPage pages)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        var code = InvitePages.CodeOf(invite, current) is null ? null : invite;
        try
        {
            var host = HostOf(portal, current, options);
            var link = code is null ? url.Card(current.Snapshot) : $"{url.Portal(current.Snapshot)}/invite/{code}";
            var target = $"https://{host}/peers?add={Uri.EscapeDataString(link)}";
            return IsTypedHere(context.Request)
                ? Results.Redirect(target)
                : PageResults.Page<AddMePage>(new AddMePage.View(host, target, code, portal, null));
        }
        catch (RefusedException refused) when (pages.IsWanted(context))
        {
            var page = PageResults.Page<AddMePage>(new AddMePage.View(null, null, code, portal, Refusals.Text(refused.Code, refused.Message)));
            page.StatusCode = (int)refused.Kind;
            return page;
        }
    }

    /// <summary>
    /// Whether the browser says that our own page caused the navigation. A link to this address on another site leads to a page that says where it goes, so
    /// that nobody can lend this Portal's name to a redirect.
    /// </summary>
    private static bool IsTypedHere(HttpRequest request) => request.Headers["Sec-Fetch-Site"] == "same-origin" && request.Headers["Sec-Fetch-Mode"] == "navigate";

    /// <summary>The host of the visitor's Portal. An ID alone means a Portal in our zone.</summary>
    /// <exception cref="RefusedException">Those of <see cref="PastedPeer.Parse"/>; <c>peer_is_self</c></exception>
    private static string HostOf(string? typed, CurrentPortal current, RegistryOptions options)
    {
        var self = current.Snapshot.Portal;
        var pasted = PastedPeer.Parse(typed);
        var host = pasted.Address ?? PeerRules.Address(self.ZoneName(pasted.Id!.Value.Short), PeerRules.AnnouncedPort(options));
        return PeerRules.HostOf(host) == self.Domain
            ? throw new RefusedException(RefusalKind.Conflict, "portal_is_this_one", "This is the Portal that you are looking at. Type the address of your own.")
            : host;
    }
}
