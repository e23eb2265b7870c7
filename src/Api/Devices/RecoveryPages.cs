using MediatR;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Devices;

namespace PeerRegistry.Api.Devices;

internal static class RecoveryPages
{
    public static void MapRecoveryPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/devices/recovery", () => PageResults.Page<RecoveryPage>());
        pages.MapPost("/devices/recovery", async (PageForm _, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
            PageResults.Page<RecoveryPage>(await mediator.Send(new MakeRecoverySheet(portal.Id), ct)));
        pages.MapPost("/devices/recovery/revoke", async (PageForm _, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        {
            await mediator.Send(new RevokeRecoverySheet(portal.Id), ct);
            return PageResults.Done("/devices/recovery", "recovery-revoked");
        });
    }
}
