using MediatR;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Portals;

/// <summary>The page of an invite, for the person who was given its link. Opening it does not use the invite up.</summary>
internal static class InvitePages
{
    public static void MapInvitePage(this IEndpointRouteBuilder pages) => pages.MapGet("/invite/{invite}", Show);

    /// <returns>The code in the last part of an invite's link, or null if it is not one of this Portal.</returns>
    public static string? CodeOf(string? invite, CurrentPortal portal) =>
        invite?.Split('.') is [var id, var code] && id == portal.Id.Value && InviteCode.IsOne(code) ? code : null;

    private static async Task<IResult> Show(
        string invite, HttpContext context, CurrentPortal portal, CallerAddress addresses, PublicUrl url, IMediator mediator, TimeProvider clock,
        CancellationToken ct)
    {
        var code = CodeOf(invite, portal) ?? throw Unknown();
        var found = await mediator.Send(new ShowInvite(portal.Id, code, Networks.Of(addresses.Of(context))), ct) ?? throw Unknown();
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.Headers.ContentSecurityPolicy = AddMePages.ContentSecurityPolicy;
        var closed = found switch
        {
            { UsedBy: not null } => InviteTexts.WasUsed,
            { Revoked: true } => InviteTexts.WasRevoked,
            _ when !found.IsOpen(clock.GetUtcNow()) => InviteTexts.HasExpired,
            _ => null,
        };
        return PageResults.Page<InvitePage>(new InvitePage.View(invite, $"{url.Portal(portal.Snapshot)}/invite/{invite}", closed));
    }

    private static RefusedException Unknown() =>
        new(RefusalKind.NotFound, "invite_unknown", "This is not an invite of this Portal. Check that the whole link was copied.");
}
