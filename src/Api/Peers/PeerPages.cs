using MediatR;
using PeerRegistry.Api.Audit;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Peers;

internal static class PeerPages
{
    private const int RefusedShown = 10;

    public static void MapPeerPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/peers", (string? add, HttpRequest request, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
            string.IsNullOrWhiteSpace(add)
                ? List(PeerQuery.Of(name => request.Query[name].ToString()), null, portal, mediator, ct)
                : AddPeerPages.Led(add, request, portal, mediator, ct));
        pages.MapGet("/peers/{id}", async (string id, CurrentPortal portal, IMediator mediator, IPeerProfiles profiles, CancellationToken ct) =>
        {
            try
            {
                return await Show(id, null, portal, mediator, profiles, ct);
            }
            catch (RefusedException unknown) when (unknown.Code == "peer_unknown")
            {
                return await RemovedPeer.Show(id, unknown, portal, mediator, ct);
            }
        });
        pages.MapPost("/peers/{id}", Change);
        pages.MapPost("/peers/{id}/note", Note);
        pages.MapPost("/peers/{id}/try", (string id, PageForm _, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
            Do(new TryPeerNow(portal.Id, TypedPortalId.Parse(id)), $"/peers/{id}", "peer-tried", mediator, ct));
        pages.MapPost("/peers/{id}/verify", (string id, PageForm form, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
            Do(new VerifyPeer(portal.Id, TypedPortalId.Parse(id), PortalId.Parse(form["id"])), $"/peers/{id}", "peer-verified", mediator, ct));
        pages.MapGet("/peers/{id}/block", async (string id, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
            PageResults.Page<BlockPeerPage>((await Find(id, portal, mediator, ct)).Peer));
        pages.MapPost("/peers/{id}/block", (string id, PageForm _, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
            Do(new BlockPeer(portal.Id, TypedPortalId.Parse(id)), $"/peers/{id}", "peer-blocked", mediator, ct));
        pages.MapPost("/peers/{id}/unblock", (string id, PageForm _, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
            Do(new UnblockPeer(portal.Id, TypedPortalId.Parse(id)), $"/peers/{id}", "peer-unblocked", mediator, ct));
        pages.MapGet("/peers/{id}/remove", async (string id, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
            PageResults.Page<RemovePeerPage>((await Find(id, portal, mediator, ct)).Peer));
        pages.MapPost("/peers/{id}/remove", Remove);
    }

    /// <summary>The list, with the form to add a peer as it was refused.</summary>
    internal static Task<IResult> List(FormFailure refused, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        List(PeerQuery.Of(_ => null), refused, portal, mediator, ct);

    private static async Task<IResult> List(PeerQuery query, FormFailure? failure, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var found = await mediator.Send(new BrowsePeers(portal.Id, query.Filter, query.Order, query.Number), ct);
        return PageResults.Page<PeersPage>(new PeerList.View(found, query, portal.Snapshot), failure);
    }

    private static async Task<IResult> Show(
        string id, FormFailure? failure, CurrentPortal portal, IMediator mediator, IPeerProfiles profiles, CancellationToken ct)
    {
        var view = await Find(id, portal, mediator, ct);
        var names = new[] { view.Peer.Short.Value, view.Peer.Id?.Value };
        var refused = await mediator.Send(new ListRefusedCalls(portal.Id, int.MaxValue), ct);
        return PageResults.Page<PeerPage>(
            new PeerPage.View(
                view,
                await profiles.Find(portal.Id, view.Peer.Short, ct),
                [.. refused.Where(r => names.Contains(r.KeyId)).Take(RefusedShown)],
                portal.Snapshot.Portal.ZoneName(view.Peer.Short),
                await HistoryPages.Timeline(portal, $"peer-{view.Peer.Short}", mediator, ct)),
            failure);
    }

    private static async Task<IResult> Change(
        string id, PageForm form, CurrentPortal portal, Undo undo, IMediator mediator, IPeerProfiles profiles, CancellationToken ct)
    {
        var peer = TypedPortalId.Parse(id);
        var before = portal.Snapshot.Peers.GetValueOrDefault(peer.Short);
        try
        {
            var address = form["address"] is { } typed ? PeerRules.AddressIn(typed) : null;
            await mediator.Send(new RenamePeer(portal.Id, peer, form["petname"]), ct);
            if (!form.Has("anyway"))
                await mediator.Send(new CheckPeerAddress(portal.Id, peer, address), ct);
            await mediator.Send(new ChangePeerAddress(portal.Id, peer, address), ct);
            return before is { Petname: var old } && old != form["petname"]
                ? undo.Done($"/peers/{peer.Short}", "peer-renamed", portal.Id, new Did.PeerRenamed(peer.Short.Value, old, form["petname"]))
                : PageResults.Done($"/peers/{peer.Short}", "peer-changed");
        }
        catch (RefusedException refused) when (refused.Kind is RefusalKind.Invalid or RefusalKind.TooMany || MayBeSavedAnyway(refused))
        {
            return await Show(id, new FormFailure("change", refused.Code == "name_invalid" ? "petname" : "address", refused, form), portal, mediator, profiles, ct);
        }
    }

    private static async Task<IResult> Remove(string id, PageForm form, CurrentPortal portal, Undo undo, IMediator mediator, CancellationToken ct)
    {
        var peer = (await Find(id, portal, mediator, ct)).Peer;
        await mediator.Send(new RemovePeer(portal.Id, TypedPortalId.Parse(id), form.Has("forget")), ct);
        return form.Has("forget")
            ? PageResults.Done("/peers", "peer-removed")
            : undo.Done("/peers", "peer-removed", portal.Id, new Did.Removed(peer.Id?.Value ?? peer.Typed.Value, peer.Petname, peer.Address));
    }

    /// <summary>Whether an address was refused because the peer does not answer there, which the owner may know better.</summary>
    internal static bool MayBeSavedAnyway(RefusedException refused) => PeerFault.All.Any(fault => fault.Code == refused.Code && fault.Kind == refused.Kind);

    private static async Task<IResult> Note(string id, PageForm form, CurrentPortal portal, IMediator mediator, IPeerProfiles profiles, CancellationToken ct)
    {
        var peer = TypedPortalId.Parse(id);
        try
        {
            await mediator.Send(new NotePeer(portal.Id, peer, form["note"]), ct);
            return PageResults.Done($"/peers/{peer.Short}", "peer-noted");
        }
        catch (RefusedException refused) when (refused.Kind == RefusalKind.Invalid)
        {
            return await Show(id, new FormFailure("note", "note", refused, form), portal, mediator, profiles, ct);
        }
    }

    private static async Task<IResult> Do<T>(IRequest<T> command, string path, string done, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(command, ct);
        return PageResults.Done(path, done);
    }

    private static Task<PeerView> Find(string id, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        mediator.Send(new ShowPeer(portal.Id, TypedPortalId.Parse(id)), ct);
}
