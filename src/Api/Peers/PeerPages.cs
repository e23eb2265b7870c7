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
        pages.MapGet("/peers", (string? text, string? standing, int? page, string? add, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
            List(new Asked(text, standing, page, add), null, portal, mediator, ct));
        pages.MapPost("/peers", Add);
        pages.MapGet("/peers/{id}", (string id, CurrentPortal portal, IMediator mediator, IPeerProfiles profiles, CancellationToken ct) =>
            Show(id, null, portal, mediator, profiles, ct));
        pages.MapPost("/peers/{id}", Change);
        pages.MapPost("/peers/{id}/try", (string id, PageForm _, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
            Do(new TryPeerNow(portal.Id, TypedPortalId.Parse(id)), $"/peers/{id}", "peer-tried", mediator, ct));
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

    private static async Task<IResult> List(Asked asked, FormFailure? failure, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var (standing, number) =
            (Enum.TryParse<PeerStanding>(asked.Standing, out var one) ? one : (PeerStanding?)null, Math.Clamp(asked.Page ?? 1, 1, 100_000));
        var text = string.IsNullOrWhiteSpace(asked.Text) ? null : asked.Text.Trim();
        var found = await mediator.Send(new BrowsePeers(portal.Id, text, standing, number), ct);
        var zone = portal.Snapshot.Portal.Zone;
        return PageResults.Page<PeersPage>(new PeersPage.View(found, text, standing, number, zone, peer => SeenBy(portal.Snapshot, peer), asked.Add), failure);
    }

    private static async Task<IResult> Add(PageForm form, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        try
        {
            var pasted = PastedPeer.Parse(form["id"], portal.Snapshot.Portal);
            var address = form["address"] ?? pasted.Address;
            var isNew = await mediator.Send(new AddPeer(portal.Id, pasted.Id, Given(form["petname"]), Given(address), pasted.Invite), ct);
            return PageResults.Done($"/peers/{pasted.Id.Short}", isNew ? "peer-added" : "peer-known");
        }
        catch (RefusedException refused)
        {
            return await List(default, new FormFailure("add-peer", FieldOf(refused, "id"), refused, form), portal, mediator, ct);
        }
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
                [.. portal.Snapshot.Apps.Values.OrderBy(a => a.Meta.PrettyName, StringComparer.OrdinalIgnoreCase)],
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
            await mediator.Send(new RenamePeer(portal.Id, peer, form["petname"]), ct);
            await mediator.Send(new ChangePeerAddress(portal.Id, peer, form["address"]), ct);
            return before is { Petname: var old } && old != form["petname"]
                ? undo.Done($"/peers/{peer.Short}", "peer-renamed", portal.Id, new Did.PeerRenamed(peer.Short.Value, old, form["petname"]))
                : PageResults.Done($"/peers/{peer.Short}", "peer-changed");
        }
        catch (RefusedException refused) when (refused.Kind == RefusalKind.Invalid)
        {
            return await Show(id, new FormFailure("change", FieldOf(refused, "petname"), refused, form), portal, mediator, profiles, ct);
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

    private static async Task<IResult> Do<T>(IRequest<T> command, string path, string done, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(command, ct);
        return PageResults.Done(path, done);
    }

    private static Task<PeerView> Find(string id, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        mediator.Send(new ShowPeer(portal.Id, TypedPortalId.Parse(id)), ct);

    private static string FieldOf(RefusedException refused, string otherwise) => refused.Code switch
    {
        "name_invalid" => "petname",
        "domain_mismatch" => "address",
        _ => otherwise,
    };

    /// <summary>The value of an optional field. An empty field leaves the present value unchanged.</summary>
    private static Optional<string?> Given(string? text) => text is null ? default : new(text);

    private static List<string>? SeenBy(PortalSnapshot snapshot, Peer peer)
    {
        var apps = snapshot.Apps.Values.Where(a => a.Shows(peer)).ToList();
        return apps.Count > 0 && apps.Count == snapshot.Apps.Count
            ? null
            : [.. apps.Select(a => a.Meta.PrettyName).Order(StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>The parameters of the page's address.</summary>
    private readonly record struct Asked(string? Text, string? Standing, int? Page, string? Add);
}
