using MediatR;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Peers;

/// <summary>Adding a peer in two steps: the owner pastes something, sees whose Portal it is, and confirms.</summary>
internal static class AddPeerPages
{
    public static void MapAddPeerPages(this IEndpointRouteBuilder pages)
    {
        pages.MapPost("/peers/ask", (PageForm form, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
            Show(form["text"], true, form, portal, mediator, ct));
        pages.MapPost("/peers", Add);
    }

    /// <summary>
    /// The page to which another Portal leads its visitor: <c>/peers?add=…</c>. It asks only if the browser says that a person caused the navigation, since
    /// any page can open this address.
    /// </summary>
    public static Task<IResult> Led(string add, HttpRequest request, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        Show(add, request.Headers["Sec-Fetch-User"] == "?1" && request.Headers["Sec-Fetch-Dest"] == "document", null, portal, mediator, ct);

    private static async Task<IResult> Show(string? text, bool ask, PageForm? form, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        try
        {
            var pasted = PastedPeer.Parse(text);
            var asked = await mediator.Send(new AskPortal(portal.Id, pasted, ask), ct);
            var known = portal.Snapshot.Peers.GetValueOrDefault(asked.Id.Short) is { Listed: true } peer && peer.MayBe(asked.Id) ? peer : null;
            return pasted.Invite is null && known is { Key: not null } && known.Domain == asked.Address
                ? PageResults.Done($"/peers/{known.Short}", "peer-known")
                : PageResults.Page<AddPeerPage>(new AddPeerPage.View(asked, pasted, text!, ask, known is { Key: not null } ? known.Domain : null));
        }
        catch (RefusedException refused) when (form is not null)
        {
            return await PeerPages.List(new FormFailure("add-peer", "text", refused, form), portal, mediator, ct);
        }
    }

    private static async Task<IResult> Add(PageForm form, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var pasted = PastedPeer.Parse(form["text"]);
        var confirmed = TypedPortalId.Parse(form["id"]);
        var isGiven = pasted.Id is { IsFull: true };
        var id = isGiven ? pasted.Id!.Value : confirmed;
        var address = form["address"] == portal.Snapshot.Portal.ZoneName(id.Short) ? null : form["address"];
        try
        {
            var isNew = await mediator.Send(
                new AddPeer(portal.Id, id, form["petname"] is { } name ? new(name) : default, new(address), pasted.Invite, IsShown: !isGiven), ct);
            return PageResults.Done($"/peers/{id.Short}", isNew ? "peer-added" : "peer-known");
        }
        catch (RefusedException refused) when (refused.Code == "name_invalid")
        {
            var asked = new AskedPortal(id, null, form["address"] ?? "", HasPicture: false, Fault: null);
            return PageResults.Page<AddPeerPage>(
                new AddPeerPage.View(asked, pasted, form["text"]!, IsAsked: true, null), new FormFailure("confirm-peer", "petname", refused, form));
        }
        catch (RefusedException refused)
        {
            return await PeerPages.List(new FormFailure("add-peer", "text", refused, form), portal, mediator, ct);
        }
    }
}
