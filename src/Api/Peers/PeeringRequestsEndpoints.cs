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
        requests.MapGet("", List).WithName("peering-requests.list")
            .WithSummary("Lists the peering requests of strangers.");
        requests.MapPost("/seen", MarkSeen).WithName("peering-requests.seen")
            .WithSummary("Marks all peering requests as seen.");
        requests.MapPost("/{id}/accept", Accept).WithName("peering-requests.accept")
            .WithSummary("Accepts a peering request: the Portal becomes a peer.")
            .Refuses(400, "id_malformed", "name_invalid").Refuses(404, "request_unknown").Refuses(409, "peer_short_id_taken");
        requests.MapPost("/{id}/ignore", Ignore).WithName("peering-requests.ignore")
            .WithSummary("Ignores a peering request.").Refuses(400, "id_malformed").Refuses(404, "request_unknown");
        requests.MapPost("/{id}/block", Block).WithName("peering-requests.block")
            .WithSummary("Blocks the Portal that sent a peering request.")
            .Refuses(400, "id_malformed").Refuses(404, "request_unknown").Refuses(409, "peer_short_id_taken");
        routes.MapGet("/core/protected/peering/callers", ListCallers).WithTags("Peers").RequireAuthorization(Policies.Owner)
            .WithName("peering-callers.list")
            .WithSummary("Lists Portals that call an app here and are not in the contact list, as one with the original core does. Their IDs are unproven.");
        return requests;
    }

    private static async Task<Ok<IEnumerable<UnknownCallerItem>>> ListCallers(CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var callers = await mediator.Send(new FindUnknownCallers(portal.Id), ct);
        return TypedResults.Ok(callers.Select(caller => new UnknownCallerItem(caller.Short, caller.App, caller.LastCallAt)));
    }

    private static async Task<Ok<IEnumerable<PeeringRequestItem>>> List(
        string? after, int? limit, HttpContext context, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var atMost = Paging.Limit(limit);
        var found = await mediator.Send(new ListPeeringRequests(portal.Id, after, atMost + 1), ct);
        return TypedResults.Ok(context.Page(found, atMost, offer => offer.Id.Value).Select(PeeringRequestItem.Of));
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

    internal sealed record UnknownCallerItem(ShortId ShortId, string App, DateTimeOffset LastCallAt);

    internal sealed record Acceptance(string? Name = null);

    internal sealed record PeeringRequestItem(PortalId Id, ShortId ShortId, string Name, string Domain, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt)
    {
        public static PeeringRequestItem Of(PeeringOffer offer) =>
            new(offer.Id, offer.Id.Short, offer.Name ?? offer.Id.Short.Value, offer.Domain, offer.FirstSeenAt, offer.LastSeenAt);
    }
}
