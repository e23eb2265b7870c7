using MediatR;
using PeerRegistry.Api.Kernel;
using PeerRegistry.Api.Kernel.Pages;
using PeerRegistry.Application.Kernel;
using PeerRegistry.Application.Peers;

namespace PeerRegistry.Api.Portals;

internal static class HomePages
{
    private const int RequestsCounted = 100;

    public static void MapHomePages(this IEndpointRouteBuilder pages) => pages.MapGet("/home", Show);

    private static async Task<IResult> Show(CurrentPortal portal, RegistryOptions options, IMediator mediator, CancellationToken ct)
    {
        var snapshot = portal.Snapshot;
        var requests = await mediator.Send(new ListPeeringRequests(portal.Id, null, RequestsCounted), ct);
        return PageModule.Page<HomePage>(new HomePage.View(
            snapshot.Portal, snapshot.Peers.Values.Count(p => p.Listed), snapshot.Peers.Values.Count(p => p.IsMutual), snapshot.Apps.Count,
            snapshot.Devices.Count, requests.Count, PortalLinks.IsAlone(snapshot.Portal, options)));
    }
}
