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
        peers.MapGet("", List).WithName("peers.list")
            .WithSummary("Lists the peers.");
        peers.MapPut("", Put).WithName("peers.put")
            .WithSummary("Adds a peer, or changes the name or address of one. The answer does not wait for the peer.")
            .Refuses(400, "id_malformed", "name_invalid", "domain_mismatch").Refuses(409, "peer_is_self", "peer_short_id_taken");
        peers.MapPost("/ask", Ask).WithName("peers.ask")
            .WithSummary("Asks the Portal that a pasted text names who it is, before it is added. Nothing is recorded.")
            .Refuses(400, "peer_text_empty", "peer_text_unreadable", "peer_text_email", "invite_incomplete", "id_malformed").Refuses(409, "peer_is_self").Refuses(429, "rate_limited").RefusesFaults();
        peers.MapGet("/asked/{id}/avatar", ShowAskedAvatar).WithName("peers.asked-avatar")
            .WithSummary("Serves the picture of a Portal that was just asked.").Refuses(400, "id_malformed").Refuses(404, "avatar_unknown").ServesPicture();
        peers.MapGet("/{id}", Show).WithName("peers.show")
            .WithSummary("Shows one peer.").Refuses(400, "id_malformed").Refuses(404, "peer_unknown");
        peers.MapGet("/{id}/avatar", ShowAvatar).WithName("peers.avatar")
            .WithSummary("Serves a peer's picture.").Refuses(400, "id_malformed").Refuses(404, "peer_unknown", "avatar_unknown").ServesPicture();
        peers.MapPut("/{id}/note", PutNote).WithName("peers.note")
            .WithSummary("Sets or deletes the note about a peer, which only the owner sees.")
            .Refuses(400, "id_malformed", "note_invalid").Refuses(404, "peer_unknown");
        peers.MapDelete("/{id}", Remove).WithName("peers.remove")
            .WithSummary("Removes a peer. Its pinned key is kept unless it is to be forgotten.").Refuses(400, "id_malformed").Refuses(404, "peer_unknown");
        peers.MapPost("/{id}/try", Try).WithName("peers.try")
            .WithSummary("Contacts a peer now instead of at the next planned time.").Refuses(400, "id_malformed").Refuses(404, "peer_unknown");
        peers.MapPost("/{id}/verify", Verify).WithName("peers.verify")
            .WithSummary("Records that both owners have compared their numbers.")
            .Refuses(400, "id_malformed").Refuses(404, "peer_unknown").Refuses(409, "key_mismatch");
        peers.MapPost("/{id}/block", Block).WithName("peers.block")
            .WithSummary("Blocks a peer: calls both ways are refused, and it is not told.").Refuses(400, "id_malformed").Refuses(404, "peer_unknown");
        peers.MapPost("/{id}/unblock", Unblock).WithName("peers.unblock")
            .WithSummary("Ends the block of a peer.").Refuses(400, "id_malformed").Refuses(404, "peer_unknown");
        return peers;
    }

    /// <summary>Names every cause for which a peer cannot be asked.</summary>
    private static void RefusesFaults(this RouteHandlerBuilder endpoint)
    {
        foreach (var kind in PeerFault.All.GroupBy(fault => fault.Kind))
            endpoint.Refuses((int)kind.Key, [.. kind.Select(fault => fault.Code)]);
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
    internal sealed record ComparedId(PortalId Id);

    /// <param name="Text">Whatever identifies a Portal; see <see cref="PastedPeer"/>.</param>
    internal sealed record AskText(string Text);

    /// <param name="Address">The address at which the Portal answered, which is the <c>address</c> to add it with.</param>
    internal sealed record AskedItem(string Id, ShortId ShortId, string? Name, string Address, bool HasPicture);

    /// <param name="Note">Null to delete the note.</param>
    internal sealed record NoteBody(string? Note);

    internal sealed record PutPeer(TypedPortalId Id)
    {
        /// <summary>The owner's name for the peer. If absent, it is unchanged; if null, it is removed.</summary>
        public Optional<string?> Name { get; init; }

        /// <summary>The peer's domain if it is not in our zone. If absent, it is unchanged; if null, it is removed.</summary>
        public Optional<string?> Address { get; init; }
    }
}
