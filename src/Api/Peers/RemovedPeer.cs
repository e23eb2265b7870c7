using MediatR;
using PeerRegistry.Api.Audit;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Audit;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Peers;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Peers;

/// <summary>The page of a peer that was in the contact list once: its history, and the way back into the list.</summary>
internal static class RemovedPeer
{
    private const int MaxEvents = 200;

    /// <returns>The page, or the refusal <paramref name="unknown"/> if there never was such a peer.</returns>
    public static async Task<IResult> Show(string id, RefusedException unknown, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        if (!TypedPortalId.TryParse(id, out var typed))
            throw unknown;

        var stream = Peer.Stream(typed.Short);
        var events = await mediator.Send(new BrowseHistory(portal.Id, new HistoryFilter(stream), null, MaxEvents), ct);
        if (events.Count == 0)
            throw unknown;

        var names = await mediator.Send(new ReadNames(portal.Id, [stream]), ct);
        var name = events.Select(recorded => names.At(stream, recorded.Sequence)).FirstOrDefault(name => name is not null) ?? typed.Short.Value;
        var added = events.Select(recorded => recorded.Data).OfType<PeerAdded>().FirstOrDefault();
        var fullId = events.Select(recorded => recorded.Data).OfType<PeerKeyPinned>().FirstOrDefault()?.Id.Value ?? added?.Typed.Value ?? typed.Short.Value;
        return PageResults.Page<RemovedPeerPage>(new RemovedPeerPage.View(
            typed.Short,
            name,
            events.FirstOrDefault(recorded => recorded.Data is PeerRemoved)?.At,
            portal.Snapshot.Peers.GetValueOrDefault(typed.Short) is { Blocked: true },
            added is null ? null : $"https://{added.Domain}/#{fullId}",
            await HistoryPages.Timeline(portal, stream, mediator, ct)));
    }
}
