using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Circles;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Circles;

/// <param name="Count">The number of peers in it.</param>
internal sealed record CircleItem(CircleId Id, string Name, int Count, DateTimeOffset CreatedAt);

/// <param name="Peers">The peers in it: full IDs, or what is known of one that was not reached yet.</param>
internal sealed record CircleDetail(CircleId Id, string Name, IReadOnlyList<string> Peers, DateTimeOffset CreatedAt);

internal sealed record CircleName(string Name);

internal sealed record CirclePeers(IReadOnlyList<TypedPortalId>? Add = null, IReadOnlyList<TypedPortalId>? Remove = null);

internal sealed record CirclesOfPeer(IReadOnlyList<CircleId> Circles);

/// <summary>The owner's API for circles. Nobody but the owner ever learns of one.</summary>
internal static class CircleEndpoints
{
    /// <summary>In bytes; enough for the full IDs of about nine thousand peers.</summary>
    private const int MaxPeers = 1 << 20;

    public static void MapCircles(this IEndpointRouteBuilder edge)
    {
        var circles = edge.MapGroup("/core/protected/circles").WithTags("Circles").RequireAuthorization(Policies.Owner);
        circles.MapGet("", List).WithName("circles.list")
            .WithSummary("Lists the circles.");
        circles.MapPost("", Create).WithName("circles.create")
            .WithSummary("Creates a circle.").Refuses(400, "name_invalid").Refuses(409, "circle_limit", "circle_name_taken");
        circles.MapGet("/{id}", Show).WithName("circles.show")
            .WithSummary("Shows a circle with the peers in it.").Refuses(404, "circle_unknown");
        circles.MapPatch("/{id}", Rename).WithName("circles.rename")
            .WithSummary("Renames a circle.").Refuses(400, "name_invalid").Refuses(404, "circle_unknown").Refuses(409, "circle_name_taken");
        circles.MapDelete("/{id}", Remove).WithName("circles.remove")
            .WithSummary("Removes a circle. Its peers stay in the contact list.").Refuses(404, "circle_unknown");
        circles.MapPost("/{id}/peers", Change).WithName("circles.change-peers")
            .WithSummary("Puts peers into a circle and takes others out.")
            .Refuses(400, "id_malformed").Refuses(404, "circle_unknown", "peer_unknown").WithMetadata(new BodyLimit(MaxPeers));

        var peer = edge.MapGroup("/core/protected/peers/{id}/circles").WithTags("Circles").RequireAuthorization(Policies.Owner);
        peer.MapGet("", Of).WithName("circles.of-peer")
            .WithSummary("Lists the circles that a peer is in.").Refuses(400, "id_malformed").Refuses(404, "peer_unknown");
        peer.MapPut("", Set).WithName("circles.set-of-peer")
            .WithSummary("Sets the circles that a peer is in.").Refuses(400, "id_malformed").Refuses(404, "peer_unknown", "circle_unknown");
    }

    /// <exception cref="RefusedException"><c>circle_unknown</c></exception>
    public static Circle Find(PortalSnapshot portal, string id) =>
        CircleId.TryParse(id, out var circle) ? CircleList.Require(portal.Circles, circle) : throw CircleList.Unknown();

    private static IReadOnlyList<CircleItem> List(HttpContext context, CurrentPortal portal, int? limit, string? after)
    {
        var (snapshot, most) = (portal.Snapshot, Paging.Limit(limit));
        var found = snapshot.Circles.All
            .OrderBy(circle => circle.Id.Value, StringComparer.Ordinal)
            .Where(circle => after is null || string.CompareOrdinal(circle.Id.Value, after) > 0)
            .Take(most + 1)
            .Select(circle => new CircleItem(circle.Id, circle.Name, Members(snapshot, circle).Count(), circle.CreatedAt))
            .ToList();
        return context.Page(found, most, circle => circle.Id.Value);
    }

    private static async Task<Created<CircleItem>> Create(
        CircleName body, CurrentPortal portal, IPortalSnapshots snapshots, IMediator mediator, CancellationToken ct)
    {
        var id = await mediator.Send(new CreateCircle(portal.Id, body.Name), ct);
        portal.Refresh(snapshots);
        var circle = CircleList.Require(portal.Snapshot.Circles, id);
        return TypedResults.Created($"/core/protected/circles/{id}", new CircleItem(circle.Id, circle.Name, 0, circle.CreatedAt));
    }

    private static CircleDetail Show(string id, CurrentPortal portal)
    {
        var circle = Find(portal.Snapshot, id);
        var peers = Members(portal.Snapshot, circle).Select(peer => peer.Id?.Value ?? peer.Typed.Value).Order(StringComparer.Ordinal);
        return new CircleDetail(circle.Id, circle.Name, [.. peers], circle.CreatedAt);
    }

    private static async Task<NoContent> Rename(string id, CircleName body, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new RenameCircle(portal.Id, Find(portal.Snapshot, id).Id, body.Name), ct);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Remove(string id, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new RemoveCircle(portal.Id, Find(portal.Snapshot, id).Id), ct);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Change(string id, CirclePeers body, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        foreach (var change in ChangeCirclePeers.Of(portal.Id, Find(portal.Snapshot, id).Id, body.Add ?? [], body.Remove ?? []))
            await mediator.Send(change, ct);
        return TypedResults.NoContent();
    }

    private static async Task<CirclesOfPeer> Of(string id, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var peer = (await mediator.Send(new ShowPeer(portal.Id, TypedPortalId.Parse(id)), ct)).Peer;
        return new CirclesOfPeer([.. portal.Snapshot.Circles.In(peer.Circles).Select(circle => circle.Id)]);
    }

    private static async Task<NoContent> Set(string id, CirclesOfPeer body, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new SetPeerCircles(portal.Id, TypedPortalId.Parse(id), body.Circles), ct);
        return TypedResults.NoContent();
    }

    private static IEnumerable<Peer> Members(PortalSnapshot portal, Circle circle) =>
        portal.Peers.Values.Where(peer => peer.Listed && peer.Circles.Contains(circle.Id));
}
