using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Peers;

/// <summary>The owner's API for the inbox: peering requests of strangers who have added this Portal.</summary>
internal static class PeeringRequestsEndpoints
{
    public static RouteGroupBuilder MapPeeringRequests(this IEndpointRouteBuilder routes)
    {
        var requests = routes.MapGroup("/core/protected/peering/requests").WithTags("Peers").RequireAuthorization(Policies.Owner);
        requests.MapGet("", List).WithName("peering-requests.list").ProducesProblem(400);
        requests.MapPost("/seen", MarkSeen).WithName("peering-requests.seen");
        requests.MapPost("/{id}/accept", Accept).WithName("peering-requests.accept").ProducesProblem(404).ProducesProblem(409);
        requests.MapPost("/{id}/ignore", Ignore).WithName("peering-requests.ignore").ProducesProblem(404);
        requests.MapPost("/{id}/block", Block).WithName("peering-requests.block").ProducesProblem(404).ProducesProblem(409);
        return requests;
    }

    private static async Task<Ok<IEnumerable<Item>>> List(
        string? after, int? limit, HttpContext context, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var atMost = Paging.Limit(limit);
        var found = await mediator.Send(new ListPeeringRequests(portal.Id, after, atMost + 1), ct);
        return TypedResults.Ok(context.Page(found, atMost, offer => offer.Id.Value).Select(Item.Of));
    }

    private static async Task<NoContent> MarkSeen(CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new MarkOffersSeen(portal.Id), ct);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Accept(string id, Acceptance? body, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new AcceptOffer(portal.Id, PortalId.Parse(id), body?.Name), ct);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Ignore(string id, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new IgnoreOffer(portal.Id, PortalId.Parse(id)), ct);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Block(string id, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new BlockOffer(portal.Id, PortalId.Parse(id)), ct);
        return TypedResults.NoContent();
    }

    private sealed record Acceptance(string? Name = null);

    private sealed record Item(PortalId Id, ShortId ShortId, string Name, string Domain, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt)
    {
        public static Item Of(PeeringOffer offer) =>
            new(offer.Id, offer.Id.Short, offer.Name ?? offer.Id.Short.Value, offer.Domain, offer.FirstSeenAt, offer.LastSeenAt);
    }
}
