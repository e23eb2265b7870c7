using MediatR;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Peers;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.Circles;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Peers;

/// <summary>
/// Does the same with several peers: chosen in the list, confirmed once, and then done one by one, each as the ordinary change that it is. What
/// takes longer than <see cref="Patience"/> stops there and says how far it is; the owner goes on with one press.
/// </summary>
internal static class BulkPages
{
    /// <summary>The largest form in bytes: every peer of the largest list, with the encoding of a blank.</summary>
    private const int MaxForm = (9 * MaxPeers) + BodyLimit.BesideLargeField;

    /// <summary>The maximum number of peers of one action.</summary>
    internal const int MaxPeers = 10_000;

    /// <summary>Shorter than the time after which proxies give a request up.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public static void MapBulkPages(this IEndpointRouteBuilder pages)
    {
        pages.MapPost("/peers/bulk", Ask);
        pages.MapPost("/peers/bulk/do", Do).WithMetadata(new BodyLimit(MaxForm));
    }

    private static IResult Ask(PageForm form, CurrentPortal portal)
    {
        var query = PeerQuery.Of(name => form[name]);
        var chosen = form.Has("all") ? portal.Snapshot.FindPeers(query.Filter).Take(MaxPeers) : Chosen(portal.Snapshot, form.All("peer"));
        var peers = chosen.ToList();
        return BulkAction.Parse(form["action"], portal.Snapshot) is { } action && peers.Count > 0
            ? PageResults.Page<BulkPage>(new BulkPage.View(action, peers, Done: 0))
            : Results.Redirect($"{query.Path()}done=bulk-none", permanent: false, preserveMethod: false);
    }

    private static async Task<IResult> Do(PageForm form, CurrentPortal portal, IMediator mediator, TimeProvider clock, CancellationToken ct)
    {
        var start = clock.GetTimestamp();
        var peers = Chosen(portal.Snapshot, form["peers"]?.Split(' ') ?? []).Take(MaxPeers).ToList();
        if (BulkAction.Parse(form["action"], portal.Snapshot) is not { } action || peers.Count == 0)
            return PageResults.Done("/peers", "bulk-none");

        if (action.App is { } app)
        {
            if (action.Choice(peers) is var choice && choice != app.Visibility)
            {
                var set = new SetVisibility(portal.Id, app.Name, choice.Mode, [.. choice.Peers.Select(TypedPortalId.Of)]) { Circles = [.. choice.Circles] };
                await mediator.Send(set, ct);
            }

            return PageResults.Done("/peers", "bulk-done");
        }

        var done = 0;
        foreach (var some in peers.Chunk(action.Circle is null ? 1 : ChangeCirclePeers.MaxPeers))
        {
            if (clock.GetElapsedTime(start) > Patience)
                return PageResults.Page<BulkPage>(new BulkPage.View(action, peers[done..], done));

            await Change(action, portal.Id, [.. some.Select(peer => TypedPortalId.Of(peer.Short))], mediator, ct);
            done += some.Length;
        }

        return PageResults.Done("/peers", "bulk-done");
    }

    private static async Task Change(BulkAction action, PortalId portal, IReadOnlyList<TypedPortalId> peers, IMediator mediator, CancellationToken ct)
    {
        try
        {
            await mediator.Send(action.Of(portal, peers), ct);
        }
        catch (RefusedException refused) when (refused.Code == "peer_unknown")
        {
            // it was removed meanwhile, in another window or on another device
        }
    }

    private static IEnumerable<Peer> Chosen(PortalSnapshot snapshot, IEnumerable<string> ids)
    {
        foreach (var text in ids.Distinct(StringComparer.Ordinal))
        {
            if (ShortId.TryParse(text, out var id) && snapshot.Peers.GetValueOrDefault(id) is { Listed: true } peer)
                yield return peer;
        }
    }
}

/// <summary>Something that can be done with several peers, named in a form as <c>block</c> or <c>show:postcards</c>.</summary>
/// <param name="App">The app that the action is about, or null.</param>
/// <param name="Circle">The circle that the action is about, or null.</param>
public sealed record BulkAction(string Name, App? App = null, Circle? Circle = null)
{
    public string Value => App is not null ? $"{Name}:{App.Name}" : Circle is not null ? $"{Name}:{Circle.Id}" : Name;

    public static BulkAction? Parse(string? value, PortalSnapshot snapshot) => value?.Split(':', 2) switch
    {
        [("block" or "unblock" or "remove") and var name] => new BulkAction(name),
        [("show" or "hide") and var name, var app] when snapshot.Apps.GetValueOrDefault(app) is { } known => new BulkAction(name, App: known),
        [("join" or "leave") and var name, var circle] when CircleId.TryParse(circle, out var id) && snapshot.Circles.Find(id) is { } known =>
            new BulkAction(name, Circle: known),
        _ => null,
    };

    /// <summary>The command for these peers: several for a circle, otherwise one.</summary>
    public IRequest<Unit> Of(PortalId portal, IReadOnlyList<TypedPortalId> peers) => Name switch
    {
        "join" => new ChangeCirclePeers(portal, Circle!.Id, peers, []),
        "leave" => new ChangeCirclePeers(portal, Circle!.Id, [], peers),
        "block" => new BlockPeer(portal, peers[0]),
        "unblock" => new UnblockPeer(portal, peers[0]),
        _ => new RemovePeer(portal, peers[0], Forget: false),
    };

    /// <summary>
    /// The visibility of the app with these peers, or without them. Peers that have not been reached are left out, since only full IDs can be named.
    /// </summary>
    public Visibility Choice(IReadOnlyCollection<Peer> peers) =>
        App!.Visibility.With([.. peers.Select(peer => peer.Id).OfType<PortalId>()], shown: Name == "show");
}
