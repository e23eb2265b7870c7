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
    private static readonly TimeSpan ShownUsed = TimeSpan.FromDays(7);

    public static void MapHomePages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/home", (CurrentPortal portal, RegistryOptions options, IMediator mediator, TimeProvider clock, CancellationToken ct) =>
            Show(portal, options, mediator, clock, null, ct));
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

    private static async Task<IResult> Show(
        CurrentPortal portal, RegistryOptions options, IMediator mediator, TimeProvider clock, InvitesSection.FreshLink? fresh, CancellationToken ct,
        FormFailure? failure = null)
    {
        var snapshot = portal.Snapshot;
        var requests = await mediator.Send(new ListPeeringRequests(portal.Id, null, RequestsCounted), ct);
        return PageResults.Page<HomePage>(new HomePage.View(
            snapshot.Portal, snapshot.ListedPeers(), snapshot.FindPeers(PeerFilter.All).Count(p => p.IsMutual), snapshot.Apps.Count,
            snapshot.Devices.Count, requests.Count, await mediator.Send(new FindAttention(portal.Id), ct), PortalLinks.IsAlone(snapshot.Portal, options),
            [.. snapshot.Portal.Invites.Where(i => i.IsOpen(clock.GetUtcNow())).Reverse()], UsedLately(snapshot, clock.GetUtcNow()), fresh), failure);
    }

    private static async Task<IResult> Invite(
        PageForm form, CurrentPortal portal, IPortalSnapshots snapshots, RegistryOptions options, PublicUrl url, IMediator mediator, TimeProvider clock,
        CancellationToken ct)
    {
        var days = int.TryParse(form["days"], NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? asked : (int?)null;
        try
        {
            var made = await mediator.Send(new CreateInvite(portal.Id, days is { } given ? TimeSpan.FromDays(given) : null, form["label"]), ct);
            portal.Refresh(snapshots);
            return await Show(portal, options, mediator, clock, new InvitesSection.FreshLink(made, url.Portal(portal.Snapshot) + made.Path, form["label"]), ct);
        }
        catch (RefusedException refused)
        {
            return await Show(portal, options, mediator, clock, null, ct, new FormFailure("new-invite", "label", refused, form));
        }
    }

    /// <summary>The invites that brought somebody within the last week and whose peer is still in the list, the latest first.</summary>
    private static List<(Invite, string)> UsedLately(PortalSnapshot snapshot, DateTimeOffset now) =>
    [
        .. from invite in snapshot.Portal.Invites
           where invite.UsedAt > now - ShownUsed
           let peer = snapshot.Peers.GetValueOrDefault(invite.UsedBy!.Value.Short)
           where peer is { Listed: true } && peer.Id == invite.UsedBy
           orderby invite.UsedAt descending
           select (invite, peer!.Name),
    ];

    private static Invite Find(string id, CurrentPortal portal) => portal.Snapshot.Portal.Invites.FirstOrDefault(i => i.Id == id)
        ?? throw new RefusedException(RefusalKind.NotFound, "invite_unknown", "There is no such invite.");
}
