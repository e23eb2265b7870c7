using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Devices;

namespace PeerRegistry.Api.Devices;

/// <param name="MadeAt">Null if there is no sheet.</param>
internal sealed record RecoverySheetItem(DateTimeOffset? MadeAt);

/// <param name="Code">Shown only here.</param>
internal sealed record RecoverySheetAnswer(string Code, string Url, DateTimeOffset MadeAt);

/// <summary>The owner's API for the recovery sheet.</summary>
internal static class RecoveryEndpoints
{
    public static void MapRecovery(this IEndpointRouteBuilder edge)
    {
        var recovery = edge.MapGroup("/core/protected/recovery-sheet").WithTags("Devices").RequireAuthorization(Policies.Owner);
        recovery.MapGet("", (CurrentPortal portal) => TypedResults.Ok(new RecoverySheetItem(portal.Snapshot.Recovery?.MadeAt))).WithName("recovery.show")
            .WithSummary("Shows whether there is a recovery sheet.");
        recovery.MapPost("", Make).WithName("recovery.make")
            .WithSummary("Makes a recovery sheet. It replaces the earlier one, and its code is shown only here.");
        recovery.MapDelete("", Revoke).WithName("recovery.revoke")
            .WithSummary("Revokes the recovery sheet.").Refuses(404, "recovery_sheet_unknown");
    }

    private static async Task<Created<RecoverySheetAnswer>> Make(
        CurrentPortal portal, PublicUrl url, IMediator mediator, HttpResponse response, CancellationToken ct)
    {
        var sheet = await mediator.Send(new MakeRecoverySheet(portal.Id), ct);
        response.Headers.CacheControl = "no-store";
        return TypedResults.Created((string?)null, new RecoverySheetAnswer(sheet.Code, url.Portal(portal.Snapshot) + sheet.Path, sheet.MadeAt));
    }

    private static async Task<NoContent> Revoke(CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new RevokeRecoverySheet(portal.Id), ct);
        return TypedResults.NoContent();
    }
}
