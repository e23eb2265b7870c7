using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Portals;
using PeerRegistry.Domain.SignedCalls;

namespace PeerRegistry.Api.SignedCalls;

/// <param name="Path">Path and query at the peer's app.</param>
/// <param name="Attempts">Attempts that have ended.</param>
/// <param name="NextAttemptAt">Null if it is due, being delivered, or not waiting any more.</param>
/// <param name="Reason">Why the last attempt failed, or the call; null if nothing has.</param>
/// <param name="ExpiresAt">When delivery is given up or, after the end, the call is forgotten.</param>
/// <param name="AnswerStatus">Null without an answer.</param>
internal sealed record AppCallItem(
    Guid Id, string App, PortalId Peer, string Method, string Path, DeferredCallState State, DateTimeOffset AcceptedAt, int Attempts,
    DateTimeOffset? NextAttemptAt, string? Reason, DateTimeOffset? EndedAt, DateTimeOffset ExpiresAt, int? AnswerStatus)
{
    public static AppCallItem Of(DeferredCall call) => new(
        call.Id, call.App, call.Peer, call.Method, call.Target, call.State, call.AcceptedAt, call.Attempts, call.NextAttemptAt, call.Reason,
        call.EndedAt, call.ExpiresAt, call.Status);
}

/// <summary>The calls of all apps that are delivered later, for the owner: without bodies, which are the apps' own.</summary>
internal static class WaitingCallsEndpoints
{
    public static void MapWaitingCalls(this IEndpointRouteBuilder edge)
    {
        var calls = edge.MapGroup("/core/protected/calls").WithTags("Calls").RequireAuthorization(Policies.Owner);
        calls.MapGet("", List).WithName("calls.list")
            .WithSummary("Lists the calls of apps that are delivered later, with their results, in the order in which they were accepted.");
        calls.MapDelete("/{call}", Cancel).WithName("calls.cancel")
            .WithSummary("Cancels a call that waits, and deletes what is kept of one that does not.").Refuses(404, "call_unknown");
    }

    private static async Task<IReadOnlyList<AppCallItem>> List(
        int? limit, string? after, HttpContext context, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var most = Paging.Limit(limit);
        var found = await mediator.Send(new ListDeferredCalls(portal.Id, null, DeferredCallEndpoints.After(after), most + 1), ct);
        return [.. context.Page(found, most, call => call.Id.ToString()).Select(AppCallItem.Of)];
    }

    private static async Task<NoContent> Cancel(string call, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new CancelDeferredCall(portal.Id, ShowDeferredCall.IdOf(call), Forgets: true), ct);
        return TypedResults.NoContent();
    }
}
