using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Apps;
using PeerRegistry.Domain.Apps;

namespace PeerRegistry.Api.Apps;

/// <summary>The events that an app was posted without success, for the owner.</summary>
internal static class UndeliveredEventEndpoints
{
    public static void MapUndeliveredEvents(this IEndpointRouteBuilder edge)
    {
        var events = edge.MapGroup("/core/protected/apps/{name}/undelivered-events").WithTags("Apps")
            .RequireAuthorization(Policies.Owner);
        events.MapGet("", List).WithName("apps.undelivered-events.list")
            .WithSummary("Lists the events that an app was posted without success, the oldest first. given_up_at is set once the core no longer tries.")
            .Refuses(404, "app_unknown");
        events.MapPost("/{id}/redeliver", Redeliver).WithName("apps.undelivered-events.redeliver")
            .WithSummary("Posts an event again at once, and for as long as a new one, without waiting for the app.")
            .Refuses(404, "app_unknown", "event_unknown");
        events.MapDelete("/{id}", Discard).WithName("apps.undelivered-events.discard")
            .WithSummary("Discards an event, of which the app then does not hear.").Refuses(404, "app_unknown", "event_unknown");
    }

    private static async Task<IReadOnlyList<UndeliveredEvent>> List(
        HttpContext context, string name, CurrentPortal portal, IMediator mediator, int? limit, string? after, CancellationToken ct)
    {
        var most = Paging.Limit(limit);
        var found = await mediator.Send(new ListUndeliveredEvents(portal.Id, portal.RequireApp(name).Name, after, most + 1), ct);
        return context.Page(found, most, each => each.Id);
    }

    private static async Task<Accepted> Redeliver(string name, string id, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new RedeliverEvent(portal.Id, portal.RequireApp(name).Name, id), ct);
        return TypedResults.Accepted((string?)null);
    }

    private static async Task<NoContent> Discard(string name, string id, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new DiscardEvent(portal.Id, portal.RequireApp(name).Name, id), ct);
        return TypedResults.NoContent();
    }
}
