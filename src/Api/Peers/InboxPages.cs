using MediatR;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.Pages;
using PeerRegistry.Application.Peers;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.Portals;

namespace PeerRegistry.Api.Peers;

internal static class InboxPages
{
    private const int Shown = 100;

    public static void MapInboxPages(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/inbox", (CurrentPortal portal, IMediator mediator, CancellationToken ct) => Show(null, portal, mediator, ct));
        pages.MapPost("/inbox/seen", async (PageForm _, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        {
            await mediator.Send(new MarkOffersSeen(portal.Id), ct);
            return PageResults.Done("/inbox", "requests-seen");
        });
        pages.MapPost("/inbox/{id}/accept", Accept);
        pages.MapPost("/inbox/{id}/ignore", async (string id, PageForm _, CurrentPortal portal, Undo undo, IMediator mediator, CancellationToken ct) =>
        {
            var from = PortalId.Parse(id);
            await mediator.Send(new IgnoreOffer(portal.Id, from), ct);
            return undo.Done("/inbox", "request-ignored", portal.Id, new Did.Ignored(from.Value));
        });
        pages.MapPost("/inbox/{id}/take-back", async (string id, PageForm _, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        {
            await mediator.Send(new TakeBackOffer(portal.Id, PortalId.Parse(id)), ct);
            return PageResults.Done("/inbox", "request-back");
        });
        pages.MapPost("/inbox/{id}/block", async (string id, PageForm _, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        {
            await mediator.Send(new BlockOffer(portal.Id, PortalId.Parse(id)), ct);
            return PageResults.Done("/inbox", "request-blocked");
        });
    }

    private static async Task<IResult> Show(FormFailure? failure, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        PageResults.Page<InboxPage>(
            new InboxPage.View(
                await mediator.Send(new ListPeeringRequests(portal.Id, null, Shown), ct), await mediator.Send(new ListIgnoredOffers(portal.Id), ct),
                await mediator.Send(new FindUnknownCallers(portal.Id), ct)),
            failure);

    private static async Task<IResult> Accept(string id, PageForm form, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var from = PortalId.Parse(id);
        try
        {
            await mediator.Send(new AcceptOffer(portal.Id, from, form["petname"]), ct);
            return PageResults.Done($"/peers/{from.Short}", "request-accepted");
        }
        catch (RefusedException refused) when (refused.Kind is RefusalKind.Invalid or RefusalKind.Conflict)
        {
            return await Show(new FormFailure($"accept-{from.Short}", "petname", refused, form), portal, mediator, ct);
        }
    }
}
