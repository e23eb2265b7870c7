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
/// <param name="Answer">Null as long as there is none, and if the peer has said only that the call was delivered before.</param>
internal sealed record DeferredCallItem(
    Guid Id, PortalId Peer, string IdempotencyKey, string Method, string Path, DeferredCallState State, DateTimeOffset AcceptedAt, int Attempts,
    DateTimeOffset? NextAttemptAt, string? Reason, DateTimeOffset? EndedAt, DateTimeOffset ExpiresAt, DeferredAnswerItem? Answer)
{
    public static DeferredCallItem Of(DeferredCall call) => new(
        call.Id, call.Peer, call.Key, call.Method, call.Target, call.State, call.AcceptedAt, call.Attempts, call.NextAttemptAt, call.Reason,
        call.EndedAt, call.ExpiresAt, call.Status is { } status ? DeferredAnswerItem.Of(call, status) : null);
}

/// <param name="Fields">The header fields that a call of this app is answered with.</param>
/// <param name="Bytes">The length of the body, or null if none is kept.</param>
/// <param name="IsVerified">Whether the peer's core has signed the answer, so that there is a receipt.</param>
internal sealed record DeferredAnswerItem(int Status, IReadOnlyList<HeaderItem> Fields, long? Bytes, bool IsVerified)
{
    public static DeferredAnswerItem Of(DeferredCall call, int status) =>
        new(status, [.. call.AnswerFields.Select(HeaderItem.Of)], call.AnswerBytes, call.IsVerified);
}

/// <param name="Value">As UTF-8; one that is not has a character for each byte.</param>
internal sealed record HeaderItem(string Field, string Value)
{
    public static HeaderItem Of(KeyValuePair<string, string> field) => new(field.Key, FieldBytes.Text(field.Value) ?? field.Value);
}

/// <summary>What the peer's core has signed. With the peer's public key, everybody can verify it (RFC 9421).</summary>
/// <param name="Request">The signature fields of the request as it was sent.</param>
/// <param name="Answer">Those of the answer, which are bound to those of the request.</param>
internal sealed record ReceiptItem(string Method, string TargetUri, IReadOnlyList<HeaderItem> Request, int AnswerStatus, IReadOnlyList<HeaderItem> Answer);

/// <summary>The calling app's calls that are delivered later. The response for a call to a hidden peer is identical to that for an unknown one.</summary>
internal static class DeferredCallEndpoints
{
    public static void MapDeferredCalls(this IEndpointRouteBuilder inner)
    {
        var calls = inner.MapGroup(DeferralHeaders.Calls).WithTags("Calls").RequireAuthorization(Policies.App);
        calls.MapGet("", List).WithName("app.calls.list")
            .WithSummary("Lists the calling app's calls that are delivered later, with their results, in the order in which they were accepted.");
        calls.MapGet("/{call}", Show).WithName("app.calls.show")
            .WithSummary("Shows one of them.").Refuses(404, "call_unknown");
        calls.MapGet("/{call}/answer", Answer).WithName("app.calls.answer")
            .WithSummary("Returns the body of the peer's answer, with its own Content-Type; its status and header fields are those of the call.")
            .Produces<Stream>(StatusCodes.Status200OK, "application/octet-stream").Refuses(404, "call_unknown", "answer_missing");
        calls.MapGet("/{call}/receipt", Receipt).WithName("app.calls.receipt")
            .WithSummary("Returns what the peer's core has signed of its answer.").Refuses(404, "call_unknown", "receipt_missing");
        calls.MapDelete("/{call}", Forget).WithName("app.calls.forget")
            .WithSummary("Cancels the call if it waits, and deletes what is kept of it.").Refuses(404, "call_unknown");
    }

    /// <exception cref="Domain.Common.RefusedException"><c>request_invalid</c></exception>
    public static Guid? After(string? call) =>
        call is null ? null : Guid.TryParseExact(call, "D", out var id) ? id : throw Paging.Invalid("after is the id of a call.");

    private static async Task<IReadOnlyList<DeferredCallItem>> List(
        int? limit, string? after, HttpContext context, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var most = Paging.Limit(limit);
        var found = await mediator.Send(new ListDeferredCalls(portal.Id, portal.App, After(after), most + 1), ct);
        return [.. context.Page(found, most, call => call.Id.ToString()).Select(DeferredCallItem.Of)];
    }

    private static async Task<DeferredCallItem> Show(string call, CurrentPortal portal, IMediator mediator, CancellationToken ct) =>
        DeferredCallItem.Of(await mediator.Send(new ShowDeferredCall(portal.Id, portal.App!, ShowDeferredCall.IdOf(call)), ct));

    private static async Task<IResult> Answer(string call, HttpContext context, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var (answered, body) = await mediator.Send(new ReadDeferredAnswer(portal.Id, portal.App!, ShowDeferredCall.IdOf(call)), ct);
        foreach (var (name, value) in answered.AnswerFields.Where(field => IsOfBody(field.Key)))
            context.Response.Headers.Append(name, value);
        var type = answered.AnswerFields.LastOrDefault(field => field.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)).Value;
        return TypedResults.Bytes(body, type ?? "application/octet-stream");
    }

    /// <summary>Whether the body cannot be read without this field.</summary>
    private static bool IsOfBody(string name) =>
        name.Equals("Content-Encoding", StringComparison.OrdinalIgnoreCase) || name.Equals("Content-Language", StringComparison.OrdinalIgnoreCase);

    private static async Task<ReceiptItem> Receipt(string call, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        var receipt = await mediator.Send(new ReadDeferredReceipt(portal.Id, portal.App!, ShowDeferredCall.IdOf(call)), ct);
        return new(
            receipt.Method, receipt.TargetUri, [.. receipt.Request.Select(HeaderItem.Of)], receipt.Status, [.. receipt.Answer.Select(HeaderItem.Of)]);
    }

    private static async Task<NoContent> Forget(string call, CurrentPortal portal, IMediator mediator, CancellationToken ct)
    {
        await mediator.Send(new ForgetDeferredCall(portal.Id, portal.App!, ShowDeferredCall.IdOf(call)), ct);
        return TypedResults.NoContent();
    }
}
