using System.Globalization;
using MediatR;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Portals;

internal static class HomePages
{
    private const int RequestsCounted = 100;

    public static void MapHomePages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/home", (CurrentPortal portal, RegistryOptions options, IMediator mediator, TimeProvider clock, CancellationToken ct) =>
            Show(portal, options, mediator, clock, null, "", ct));
        pages.MapPost("/home/steps/hide", (PageForm _, HttpResponse response) =>
        {
            response.Cookies.Append(FirstSteps.Hidden, "1", Devices.OwnerSession.CookieOptions(TimeSpan.FromDays(400)));
            return PageResults.Done("/home", "steps-hidden");
        });
        pages.MapPost("/invites", Invite);
        pages.MapGet("/invites/{id}/revoke", (string id, CurrentPortal portal) => PageResults.Page<RevokeInvitePage>(Find(id, portal)));
        pages.MapPost("/invites/{id}/revoke", async (string id, PageForm _, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        {
            await mediator.Send(new RevokeInvite(portal.Id, Find(id, portal).Id), ct);
            return PageResults.Done("/home", "invite-revoked");
        });
    }

    /// <summary>Shows an invite to the person who was given its link. Opening the link does not consume the invite or reveal its code to others.</summary>
    public static void MapInvitePage(this IEndpointRouteBuilder pages) =>
        pages.MapGet("/invite/{invite}", (string invite, HttpResponse response, CurrentPortal portal, PublicUrl url) =>
    {
        if (invite.Split('.') is not [var id, { Length: 22 } code] || id != portal.Id.Value || !code.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            throw new RefusedException(RefusalKind.NotFound, "invite_unknown", "This is not an invite of this Portal. Check that the whole link was copied.");

        response.Headers.CacheControl = "no-store";
        response.Headers["Referrer-Policy"] = "no-referrer";
        return PageResults.Page<InvitePage>($"{url.Portal(portal.Snapshot)}/invite/{invite}");
    });

    private static async Task<IResult> Show(
        CurrentPortal portal, RegistryOptions options, IMediator mediator, TimeProvider clock, FreshInvite? fresh, string freshUrl, CancellationToken ct)
    {
        var snapshot = portal.Snapshot;
        var requests = await mediator.Send(new ListPeeringRequests(portal.Id, null, RequestsCounted), ct);
        return PageResults.Page<HomePage>(new HomePage.View(
            snapshot.Portal, snapshot.Peers.Values.Count(p => p.Listed), snapshot.Peers.Values.Count(p => p.IsMutual), snapshot.Apps.Count,
            snapshot.Devices.Count, requests.Count, await mediator.Send(new FindAttention(portal.Id), ct), PortalLinks.IsAlone(snapshot.Portal, options),
            [.. snapshot.Portal.Invites.Where(i => i.IsOpen(clock.GetUtcNow())).Reverse()], fresh, freshUrl));
    }

    private static async Task<IResult> Invite(
        PageForm form, CurrentPortal portal, IPortalSnapshots snapshots, RegistryOptions options, PublicUrl url, IMediator mediator, TimeProvider clock,
        CancellationToken ct)
    {
        var days = int.TryParse(form["days"], NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? asked : (int?)null;
        var fresh = await mediator.Send(new CreateInvite(portal.Id, days is { } given ? TimeSpan.FromDays(given) : null), ct);
        portal.Refresh(snapshots);
        return await Show(portal, options, mediator, clock, fresh, url.Portal(portal.Snapshot) + fresh.Path, ct);
    }

    private static Invite Find(string id, CurrentPortal portal) => portal.Snapshot.Portal.Invites.FirstOrDefault(i => i.Id == id)
        ?? throw new RefusedException(RefusalKind.NotFound, "invite_unknown", "There is no such invite.");
}
