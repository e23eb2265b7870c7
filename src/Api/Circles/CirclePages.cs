using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Circles;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Circles;

internal static class CirclePages
{
    public static void MapCirclePages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/circles", (CurrentPortal portal) => List(portal, null));
        pages.MapPost("/circles", Create);
        pages.MapGet("/circles/{id}", (string id, CurrentPortal portal) => Show(portal, CircleEndpoints.Find(portal.Snapshot, id), null, null));
        pages.MapPost("/circles/{id}", Rename);
        pages.MapPost("/circles/{id}/peers", Save).WithMetadata(new BodyLimit(PeerChoice.MaxForm));
        pages.MapPost("/circles/{id}/find", (string id, PageForm form, CurrentPortal portal) =>
            Show(portal, CircleEndpoints.Find(portal.Snapshot, id), form, null)).WithMetadata(new BodyLimit(PeerChoice.MaxForm));
        pages.MapGet("/circles/{id}/remove", (string id, CurrentPortal portal) =>
            PageResults.Page<RemoveCirclePage>(new RemoveCirclePage.View(CircleEndpoints.Find(portal.Snapshot, id), portal.Snapshot.Apps.Values.ToList())));
        pages.MapPost("/circles/{id}/remove", async (string id, PageForm _, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        {
            await mediator.Send(new RemoveCircle(portal.Id, CircleEndpoints.Find(portal.Snapshot, id).Id), ct);
            return PageResults.Done("/circles", "circle-removed");
        });
        pages.MapPost("/peers/{id}/circles", SetOfPeer);
    }

    private static RazorComponentResult<CirclesPage> List(CurrentPortal portal, FormFailure? failure)
    {
        var counts = portal.Snapshot.Peers.Values.Where(peer => peer.Listed).SelectMany(peer => peer.Circles).CountBy(circle => circle).ToDictionary();
        var circles = portal.Snapshot.Circles.ByName();
        return PageResults.Page<CirclesPage>(
            new CirclesPage.View([.. circles.Select(circle => new CirclesPage.Item(circle, counts.GetValueOrDefault(circle.Id)))]), failure);
    }

    /// <param name="form">The form with which the owner searched, or null for what is saved.</param>
    private static RazorComponentResult<CirclePage> Show(CurrentPortal portal, Circle circle, PageForm? form, FormFailure? failure)
    {
        var choice = PeerChoice.Of(portal.Snapshot, _ => true, peer => peer.Circles.Contains(circle.Id), form);
        var apps = portal.Snapshot.Apps.Values.Where(app => app.Visibility.Circles.Contains(circle.Id))
            .OrderBy(app => app.Meta.PrettyName, StringComparer.OrdinalIgnoreCase).ToList();
        return PageResults.Page<CirclePage>(new CirclePage.View(circle, choice, apps), failure);
    }

    private static async Task<IResult> Create(PageForm form, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        try
        {
            var id = await mediator.Send(new CreateCircle(portal.Id, form["name"] ?? ""), ct);
            return PageResults.Done($"/circles/{id}", "circle-created");
        }
        catch (RefusedException refused)
        {
            return List(portal, new FormFailure("new-circle", "name", refused, form));
        }
    }

    private static async Task<IResult> Rename(string id, PageForm form, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var circle = CircleEndpoints.Find(portal.Snapshot, id);
        try
        {
            await mediator.Send(new RenameCircle(portal.Id, circle.Id, form["name"] ?? ""), ct);
            return PageResults.Done($"/circles/{circle.Id}", "circle-renamed");
        }
        catch (RefusedException refused)
        {
            return Show(portal, circle, null, new FormFailure("rename-circle", "name", refused, form));
        }
    }

    private static async Task<IResult> Save(string id, PageForm form, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var circle = CircleEndpoints.Find(portal.Snapshot, id);
        var (ticked, listed) = (PeerChoice.TickedIn(form), portal.Snapshot.Peers.Values.Where(peer => peer.Listed).ToList());
        var added = listed.Where(peer => ticked.Contains(peer.Short) && !peer.Circles.Contains(circle.Id)).Select(peer => TypedPortalId.Of(peer.Short));
        var gone = listed.Where(peer => !ticked.Contains(peer.Short) && peer.Circles.Contains(circle.Id)).Select(peer => TypedPortalId.Of(peer.Short));
        foreach (var change in ChangeCirclePeers.Of(portal.Id, circle.Id, added, gone))
            await mediator.Send(change, ct);
        return PageResults.Done($"/circles/{circle.Id}", "circle-peers");
    }

    private static async Task<IResult> SetOfPeer(string id, PageForm form, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var peer = TypedPortalId.Parse(id);
        var circles = form.All("circles").Select(circle => CircleEndpoints.Find(portal.Snapshot, circle).Id).ToList();
        await mediator.Send(new SetPeerCircles(portal.Id, peer, circles), ct);
        return PageResults.Done($"/peers/{peer.Short}", "circles");
    }
}
