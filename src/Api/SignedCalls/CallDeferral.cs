using MediatR;
using Microsoft.AspNetCore.Http.Features;
using PeerRegistry.Api.Apps;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.SignedCalls;

namespace PeerRegistry.Api.SignedCalls;

/// <summary>Accepts a call that is to be delivered later.</summary>
internal sealed class CallDeferral(BodyBudget budget, RegistryOptions options)
{
    /// <summary>Answers 202 with the address of the call, once it is stored.</summary>
    /// <param name="peer">As it stands in the path: full or short ID.</param>
    /// <param name="target">Path and query at the peer's app, to the byte.</param>
    /// <exception cref="RefusedException">
    /// <c>body_too_large</c>; <c>busy</c>; those of <see cref="DeferralHeaders.Key"/> and <see cref="DeferCall"/>
    /// </exception>
    public async Task Accept(HttpContext context, AppCaller caller, string peer, string target)
    {
        var request = context.Request;
        var key = DeferralHeaders.Key(request.Headers);
        var share = $"{caller.Portal.Portal.Id.Short}/{caller.App}";
        var body = await Body(context, share);
        try
        {
            var fields = CallTransformer.Passing(request.Headers, caller).Where(field => !field.Key.Equals("Prefer", StringComparison.OrdinalIgnoreCase))
                .Select(field => KeyValuePair.Create(field.Key, field.Value ?? "")).ToList();
            var id = await context.RequestServices.GetRequiredService<IMediator>().Send(
                new DeferCall(caller.Portal, caller.App, peer, key, SignedForm.Method(request.Method), target, fields, body.ToArray()), context.RequestAborted);
            DeferralHeaders.Accept(context.Response, id);
        }
        finally
        {
            budget.Deferred.Return(share, body.Length);
        }
    }

    private async ValueTask<MemoryStream> Body(HttpContext context, string share)
    {
        var most = options.Calls.DeferredBodyBytes;
        var body = new MemoryStream();
        if (context.Request.ContentLength > most)
            throw TooLarge(most);
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
            return body;

        var isWhole = false;
        try
        {
            var buffer = new byte[16 * 1024];
            while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted) is > 0 and var read)
            {
                if (body.Length + read > most)
                    throw TooLarge(most);
                budget.Deferred.Take(share, read);
                body.Write(buffer.AsSpan(0, read));
            }

            isWhole = true;
            return body;
        }
        finally
        {
            if (!isWhole)
                budget.Deferred.Return(share, body.Length);
        }
    }

    private static RefusedException TooLarge(int most) =>
        new(RefusalKind.TooLarge, "body_too_large", $"The body of a call that is delivered later has at most {most} bytes here.");
}
