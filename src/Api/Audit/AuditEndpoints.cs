using System.Globalization;
using System.Text.Json;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Audit;
using PeerRegistry.Application.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace PeerRegistry.Api.Audit;

/// <summary>The history of the Portal and that of one peer. The event types are described in docs/events.md.</summary>
internal static class AuditEndpoints
{
    public static void MapAudit(this IEndpointRouteBuilder routes)
    {
        var audit = routes.MapGroup("/core/protected").WithTags("Audit").RequireAuthorization(Policies.Owner);
        audit.MapGet("/events", Events).WithName("audit.events")
            .WithSummary("Reads the history of the Portal: every event, the oldest first.");
        audit.MapGet("/peers/{id}/history", History).WithName("audit.peer-history")
            .WithSummary("Reads the history of one peer.").Refuses(400, "id_malformed").Refuses(404, "peer_unknown");
    }

    private static Task<Ok<IEnumerable<AuditItem>>> Events(
        long? after, string? type, string? stream, int? limit, HttpContext context, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        Read(new ReadAudit(portal.Id, stream, type, after ?? 0, Paging.Limit(limit)), context, mediator, ct);

    private static async Task<Ok<IEnumerable<AuditItem>>> History(
        string id, long? after, int? limit, HttpContext context, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var items = await Read(
            new ReadAudit(portal.Id, $"peer-{TypedPortalId.Parse(id).Short}", null, after ?? 0, Paging.Limit(limit)), context, mediator, ct);
        return after is > 0 || items.Value!.Any() ? items : throw PeerRefusals.Unknown();
    }

    private static async Task<Ok<IEnumerable<AuditItem>>> Read(ReadAudit query, HttpContext context, IMediator mediator, CancellationToken ct)
    {
        var found = await mediator.Send(query with { Limit = query.Limit + 1 }, ct);
        var json = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        return TypedResults.Ok(context
            .Page(found, query.Limit, e => e.Sequence.ToString(CultureInfo.InvariantCulture))
            .Select(e => AuditItem.Of(e, json)));
    }
}

/// <summary>An event in the owner's API and in exported files.</summary>
internal sealed record AuditItem(
    long Seq, string Stream, long Version, string Type, DateTimeOffset At, string Actor, string? Reason, JsonElement Data)
{
    public static AuditItem Of(Recorded e, JsonSerializerOptions json) => new(
        e.Sequence, e.Stream, e.Version, HistoryWords.TypeOf(e.Data), e.At, e.Actor.Value, e.Reason,
        JsonSerializer.SerializeToElement(e.Data, e.Data.GetType(), json));
}
