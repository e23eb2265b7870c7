using System.Security.Cryptography;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Peers;

/// <summary>The owner's API for the contact list.</summary>
internal static class PeerEndpoints
{
    public static RouteGroupBuilder MapPeers(this IEndpointRouteBuilder routes)
    {
        var peers = routes.MapGroup("/core/protected/peers").WithTags("Peers").RequireAuthorization(Policies.Owner);
        peers.MapGet("", List).WithName("peers.list").ProducesProblem(400);
        peers.MapPut("", Put).WithName("peers.put").ProducesProblem(400).ProducesProblem(409);
        peers.MapPost("/ask", Ask).WithName("peers.ask").ProducesProblem(400).ProducesProblem(409).ProducesProblem(429).ProducesProblem(502);
        peers.MapGet("/asked/{id}/avatar", ShowAskedAvatar).WithName("peers.asked-avatar").Produces(200).ProducesProblem(404);
        peers.MapGet("/{id}", Show).WithName("peers.show").ProducesProblem(404);
        peers.MapGet("/{id}/avatar", ShowAvatar).WithName("peers.avatar").Produces(200).ProducesProblem(404);
        peers.MapPut("/{id}/note", PutNote).WithName("peers.note").ProducesProblem(400).ProducesProblem(404);
        peers.MapDelete("/{id}", Remove).WithName("peers.remove").ProducesProblem(404);
        peers.MapPost("/{id}/try", Try).WithName("peers.try").ProducesProblem(404);
        peers.MapPost("/{id}/verify", Verify).WithName("peers.verify").ProducesProblem(404).ProducesProblem(409);
        peers.MapPost("/{id}/block", Block).WithName("peers.block").ProducesProblem(404);
        peers.MapPost("/{id}/unblock", Unblock).WithName("peers.unblock").ProducesProblem(404);
        return peers;
    }

    private static async Task<Ok<IEnumerable<PeerItem>>> List(
        string? name, string? status, string? after, int? limit, HttpContext context, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var atMost = Paging.Limit(limit);
        var found = await mediator.Send(new ListPeers(portal.Id, name, StatusOf(status), after, atMost + 1), ct);
        return TypedResults.Ok(context.Page(found, atMost, view => view.Peer.Short.Value).Select(view => PeerItem.Of(view, portal.Id)));
    }

    private static async Task<Results<Created<PeerItem>, Ok<PeerItem>>> Put(PutPeer body, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var isNew = await mediator.Send(new AddPeer(portal.Id, body.Id, body.Name, body.Address), ct);
        var item = PeerItem.Of(await mediator.Send(new ShowPeer(portal.Id, body.Id), ct), portal.Id);
        return isNew ? TypedResults.Created($"/core/protected/peers/{item.ShortId}", item) : TypedResults.Ok(item);
    }

    private static async Task<Ok<AskedItem>> Ask(AskText body, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var asked = await mediator.Send(new AskPortal(portal.Id, PastedPeer.Parse(body.Text)), ct);
        return asked.Fault is { } fault
            ? throw fault
            : TypedResults.Ok(new AskedItem(asked.Id.Value, asked.Id.Short, asked.Name, asked.Address, asked.HasPicture));
    }

    private static async Task<Ok<PeerItem>> Show(string id, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        TypedResults.Ok(PeerItem.Of(await mediator.Send(new ShowPeer(portal.Id, TypedPortalId.Parse(id)), ct), portal.Id));

    /// <summary>
    /// Serves a peer's picture. A browser may cache it but must revalidate it each time, so that revoked devices and removed peers show none.
    /// </summary>
    private static async Task<IResult> ShowAvatar(
        string id, HttpContext context, CurrentPortal portal, IMediator mediator, IPeerProfiles profiles, CancellationToken ct)
    {
        var peer = (await mediator.Send(new ShowPeer(portal.Id, TypedPortalId.Parse(id)), ct)).Peer;
        return Picture(context, await profiles.ReadPicture(portal.Id, peer.Short, ct));
    }

    private static FileContentHttpResult ShowAskedAvatar(string id, HttpContext context, CurrentPortal portal, AskedPictures pictures) =>
        Picture(context, pictures.Find(portal.Id, PortalId.Parse(id)));

    private static FileContentHttpResult Picture(HttpContext context, byte[]? picture)
    {
        if (picture is null)
            throw new RefusedException(RefusalKind.NotFound, "avatar_unknown", "This peer has no picture.");

        context.Response.Headers.CacheControl = "private, no-cache";
        context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        context.Response.Headers["Cross-Origin-Resource-Policy"] = "same-origin"; // an app's page must not learn who is in the list
        var tag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(picture))}\"");
        return TypedResults.Bytes(picture, AvatarImage.Sniff(picture).MediaType, entityTag: tag);
    }

    private static async Task<NoContent> PutNote(string id, NoteBody body, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new NotePeer(portal.Id, TypedPortalId.Parse(id), body.Note), ct);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Remove(string id, bool? forget, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new RemovePeer(portal.Id, TypedPortalId.Parse(id), forget ?? false), ct);
        return TypedResults.NoContent();
    }

    private static async Task<Accepted> Try(string id, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new TryPeerNow(portal.Id, TypedPortalId.Parse(id)), ct);
        return TypedResults.Accepted((string?)null);
    }

    private static async Task<NoContent> Verify(string id, ComparedId body, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new VerifyPeer(portal.Id, TypedPortalId.Parse(id), body.Id), ct);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Block(string id, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new BlockPeer(portal.Id, TypedPortalId.Parse(id)), ct);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> Unblock(string id, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new UnblockPeer(portal.Id, TypedPortalId.Parse(id)), ct);
        return TypedResults.NoContent();
    }

    private static PeerStatus? StatusOf(string? status) => status switch
    {
        null or "" => null,
        "pending" => PeerStatus.Pending,
        "mutual" => PeerStatus.Mutual,
        "withdrawn" => PeerStatus.Withdrawn,
        _ => throw Paging.Invalid("status is one of pending, mutual, withdrawn."),
    };

    /// <param name="Id">The full ID of the peer whose comparison the owner has seen.</param>
    private sealed record ComparedId(PortalId Id);

    /// <param name="Text">Whatever identifies a Portal; see <see cref="PastedPeer"/>.</param>
    private sealed record AskText(string Text);

    /// <param name="Address">The address at which the Portal answered, which is the <c>address</c> to add it with.</param>
    private sealed record AskedItem(string Id, ShortId ShortId, string? Name, string Address, bool HasPicture);

    /// <param name="Note">Null to delete the note.</param>
    private sealed record NoteBody(string? Note);

    /// <param name="Name">The owner's name for the peer. If absent, it is unchanged; if null, it is removed.</param>
    /// <param name="Address">The peer's domain if it is not in our zone. If absent, it is unchanged; if null, it is removed.</param>
    private sealed record PutPeer(TypedPortalId Id, Optional<string?> Name = default, Optional<string?> Address = default);
}
