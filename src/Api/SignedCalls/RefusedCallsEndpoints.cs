using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.SignedCalls;

namespace PeerRegistry.Api.SignedCalls;

internal static class RefusedCallsEndpoints
{
    public static RouteGroupBuilder MapRefusedCalls(this IEndpointRouteBuilder routes)
    {
        var calls = routes.MapGroup("/core/protected/calls").WithTags("Calls").RequireAuthorization(Policies.Owner);
        calls.MapGet("/refused", List).WithName("calls.refused")
            .WithSummary("Lists the latest requests whose signature was refused, with the reason.");
        return calls;
    }

    private static async Task<Ok<IReadOnlyList<RefusedCallItem>>> List(int? limit, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var latest = await mediator.Send(new ListRefusedCalls(portal.Id, Paging.Limit(limit)), ct);
        return TypedResults.Ok<IReadOnlyList<RefusedCallItem>>(
            [.. latest.Select(call => new RefusedCallItem(call.At, call.App, call.Path, call.KeyId, call.Reason, call.SignatureBase))]);
    }

    internal sealed record RefusedCallItem(DateTimeOffset At, string? App, string Path, string? Keyid, string Reason, string? SignatureBase);
}
