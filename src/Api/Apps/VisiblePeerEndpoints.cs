using MediatR;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Apps;

/// <param name="Id">The known part of the ID; from first contact on, all 103 characters.</param>
/// <param name="HasApp">Whether the peer says that it has the calling app and lets us use it; null if it does not say.</param>
/// <param name="PublicBytesB64">The PEM text, in the format of the original core, or null before first contact.</param>
internal sealed record VisiblePeerItem(
    string Id, ShortId ShortId, string Name, string Domain, PeerStatus Status, bool? IsReachable, string? PublicBytesB64, bool? HasApp)
{
    public static VisiblePeerItem Of(VisiblePeer seen) => new(
        seen.Peer.Id?.Value ?? seen.Peer.Typed.Value, seen.Peer.Short, seen.Peer.Name, seen.Peer.Domain, seen.Peer.Status,
        seen.IsReachable, seen.Peer.Key?.Pem, seen.HasApp);
}

/// <summary>The part of the contact list that an app may see. The response for a hidden peer is identical to that for an unknown one.</summary>
internal static class VisiblePeerEndpoints
{
    public static void MapVisiblePeers(this IEndpointRouteBuilder inner)
    {
        var peers = inner.MapGroup("/protected/peers").WithTags("Apps").RequireAuthorization(Policies.App);
        peers.MapGet("", List).WithName("app.peers.list")
            .WithSummary("Lists the peers that the calling app may see.");
        peers.MapGet("/{id}", Show).WithName("app.peers.show")
            .WithSummary("Shows one peer that the calling app may see.").Refuses(400, "id_malformed").Refuses(404, "peer_unknown");
    }

    private static async Task<IReadOnlyList<VisiblePeerItem>> List(
        string? name, int? limit, string? after, HttpContext context, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var most = Paging.Limit(limit);
        var seen = await mediator.Send(new ListVisiblePeers(portal.Id, portal.App!, null, name, after, most + 1), ct);
        return [.. context.Page(seen, most, peer => peer.Peer.Short.Value).Select(VisiblePeerItem.Of)];
    }

    private static async Task<VisiblePeerItem> Show(string id, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var seen = await mediator.Send(new ListVisiblePeers(portal.Id, portal.App!, TypedPortalId.Parse(id), null, null, 1), ct);
        return seen is [var peer]
            ? VisiblePeerItem.Of(peer)
            : throw new RefusedException(RefusalKind.NotFound, "peer_unknown", "No peer has this ID.");
    }
}
