using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Portals;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Portals;

/// <summary>The owner's API for invites.</summary>
internal static class InviteEndpoints
{
    public static void MapInvites(this IEndpointRouteBuilder routes)
    {
        var invites = routes.MapGroup("/core/protected/invites").WithTags("Invites").RequireAuthorization(Policies.Owner);
        invites.MapGet("", List).WithName("invites.list")
            .WithSummary("Lists the invites, the oldest first.");
        invites.MapPost("", Create).WithName("invites.create")
            .WithSummary("Creates an invite: a link for one person, who is added when it is used.")
            .Refuses(400, "name_invalid").Refuses(409, "too_many_invites").WithMetadata(new BodyLimit(1024));
        invites.MapDelete("/{id}", Revoke).WithName("invites.revoke")
            .WithSummary("Revokes an invite that was not used yet.").Refuses(404, "invite_unknown").Refuses(409, "invite_used");
    }

    /// <summary>Lists the invites, the oldest first.</summary>
    private static Ok<IEnumerable<InviteItem>> List(string? after, int? limit, HttpContext context, CurrentPortal portal)
    {
        var atMost = Paging.Limit(limit);
        var behind = portal.Snapshot.Portal.Invites.SkipWhile(i => after is not null && i.Id != after).Skip(after is null ? 0 : 1).Take(atMost + 1).ToList();
        return TypedResults.Ok(context.Page(behind, atMost, i => i.Id).Select(InviteItem.Of));
    }

    private static async Task<Created<CreatedInvite>> Create(
        NewInvite? body, CurrentPortal portal, PublicUrl url, IMediator mediator, HttpResponse response, CancellationToken ct)
    {
        // out of range in either case, and without an overflow
        TimeSpan? life = body?.Days is { } days ? TimeSpan.FromDays(Math.Clamp(days, -1000, 1000)) : null;
        var invite = await mediator.Send(new CreateInvite(portal.Id, life, body?.Label), ct);
        response.Headers.CacheControl = "no-store";
        return TypedResults.Created((string?)null, new CreatedInvite(invite.Id, url.Portal(portal.Snapshot) + invite.Path, invite.ExpiresAt));
    }

    private static async Task<NoContent> Revoke(string id, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new RevokeInvite(portal.Id, id), ct);
        return TypedResults.NoContent();
    }

    /// <param name="Days">How long the invite is valid: 1 to 90 days, 7 if absent.</param>
    /// <param name="Label">For whom it is: a name, which only the owner sees. None if absent.</param>
    internal sealed record NewInvite(int? Days = null, string? Label = null);

    internal sealed record CreatedInvite(string Id, string Url, DateTimeOffset ExpiresAt);

    internal sealed record InviteItem(
        string Id, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, PortalId? UsedBy, DateTimeOffset? UsedAt, bool Revoked, string? Label)
    {
        public static InviteItem Of(Invite row) => new(row.Id, row.CreatedAt, row.ExpiresAt, row.UsedBy, row.UsedAt, row.Revoked, row.Label);
    }
}
