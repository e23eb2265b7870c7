using PeerRegistry.Api.Http;
using PeerRegistry.Api.SignedCalls;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.SignedCalls;

namespace PeerRegistry.Fake;

internal sealed record DeferredCallItem(
    Guid Id, string Peer, string IdempotencyKey, string Method, string Path, string State, DateTimeOffset AcceptedAt, int Attempts,
    DateTimeOffset? NextAttemptAt, string? Reason, DateTimeOffset? EndedAt, DateTimeOffset ExpiresAt, DeferredAnswerItem? Answer)
{
    public static DeferredCallItem Of(DeferredCall call) => new(
        call.Id, call.Peer.Id, call.Key, call.Call.Method, call.Call.Target, call.State.ToString().ToLowerInvariant(), call.AcceptedAt, call.Attempts,
        call is { State: DeferredCallState.Waiting, Attempts: > 0 } ? TimeProvider.System.GetUtcNow() + DeferredCalls.Pause : null,
        call.Reason, call.EndedAt, (call.EndedAt ?? call.AcceptedAt) + Deferral.Kept,
        call.AnswerStatus is { } status ? DeferredAnswerItem.Of(status, call.Answer) : null);
}

internal sealed record DeferredAnswerItem(int Status, IReadOnlyList<FieldItem> Fields, long? Bytes, bool IsVerified)
{
    public static DeferredAnswerItem Of(int status, PeerAnswer? answer) =>
        new(status, [.. answer?.Headers.Select(field => new FieldItem(field.Key, field.Value)) ?? []], answer?.Body.Length, answer is { IsVerified: true });
}

internal sealed record FieldItem(string Field, string Value);

internal sealed record ReceiptItem(string Method, string TargetUri, IReadOnlyList<FieldItem> Request, int AnswerStatus, IReadOnlyList<FieldItem> Answer);

/// <summary>The calls that are delivered later: how the app asks for one, and <c>/protected/calls</c>.</summary>
internal static class DeferredCallRoutes
{
    public static async Task Accept(FakePortal portal, FakePeer peer, string method, string target, HttpContext context)
    {
        var key = DeferralHeaders.Key(context.Request.Headers);
        var headers = PeerCalls.Passing(portal, context.Request.Headers);
        headers.Remove("Prefer");
        var body = await PeerCalls.Read(context.Request, DeferredCalls.MaxBodyBytes, context.RequestAborted);
        var call = portal.Deferred.Accept(peer, key, new ReceivedCall(peer.Id, peer.Name, method, target, headers, body));
        DeferralHeaders.Accept(context.Response, call.Id);
    }

    /// <param name="path">What follows <see cref="DeferralHeaders.Calls"/>, in its segments.</param>
    public static Task Answer(FakePortal portal, string[] path, HttpContext context)
    {
        switch (context.Request.Method, path)
        {
            case ("GET", []):
                return List(portal, context);
            case ("GET", [var id]):
                return context.Response.WriteAsJsonAsync(DeferredCallItem.Of(Find(portal, id)), FakeJson.Default.DeferredCallItem);
            case ("GET", [var id, "answer"]):
                return ShowAnswer(Find(portal, id), context);
            case ("GET", [var id, "receipt"]):
                return context.Response.WriteAsJsonAsync(Receipt(Find(portal, id)), FakeJson.Default.ReceiptItem);
            case ("DELETE", [var id]):
                portal.Deferred.Forget(Find(portal, id));
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                return Task.CompletedTask;
            case (_, [] or [_] or [_, "answer" or "receipt"]):
                return Problem.OfStatus(405).Write(context);
            default:
                return Problem.OfStatus(404).Write(context);
        }
    }

    /// <exception cref="RefusedException"><c>call_unknown</c></exception>
    public static DeferredCall Find(FakePortal portal, string id) =>
        portal.Deferred.Find(id) ?? throw new RefusedException(RefusalKind.NotFound, "call_unknown", "There is no such call.");

    private static Task List(FakePortal portal, HttpContext context)
    {
        var (most, after) = (InternalListener.Limit(context.Request.Query), Guid.Empty);
        if (context.Request.Query["after"] is [{ } given] && !Guid.TryParseExact(given, "D", out after))
            throw Paging.Invalid("after is the id of a call.");
        var found = portal.Deferred.All.Where(call => call.Id > after).Take(most + 1).ToList();
        var page = context.Page(found, most, call => call.Id.ToString()).Select(DeferredCallItem.Of).ToArray();
        return context.Response.WriteAsJsonAsync(page, FakeJson.Default.DeferredCallItemArray);
    }

    private static Task ShowAnswer(DeferredCall call, HttpContext context)
    {
        if (call.Answer is not { } answer)
            throw new RefusedException(RefusalKind.NotFound, "answer_missing", "No answer to this call is kept.");
        context.Response.ContentType = answer.Headers.GetValueOrDefault("Content-Type", "application/octet-stream");
        return context.Response.Body.WriteAsync(answer.Body, context.RequestAborted).AsTask();
    }

    /// <summary>In the form of a real one. The fake has no keys, so nobody can verify these signatures.</summary>
    private static ReceiptItem Receipt(DeferredCall call)
    {
        if (call is not { AnswerStatus: { } status, Answer.IsVerified: true })
            throw new RefusedException(RefusalKind.NotFound, "receipt_missing", "The peer's core has signed no answer to this call.");
        FieldItem[] signed = [new("Signature-Input", "sig1=();tag=\"fake\""), new("Signature", "sig1=:ZmFrZQ==:")];
        return new(call.Call.Method, $"https://{call.Peer.Domain}{call.Call.Target}", signed, status, signed);
    }
}
