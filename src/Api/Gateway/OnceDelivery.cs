using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using PeerRegistry.Api.ForwardAuth;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.ForwardAuth;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.Common;
using PeerRegistry.Domain.SignedCalls;
using Yarp.ReverseProxy.Forwarder;

namespace PeerRegistry.Api.Gateway;

/// <summary>
/// A call that is handed to its app once (docs/protocol.md, "Calls that are delivered once"). Its key is remembered before the app gets anything, and
/// forgotten again if the app certainly did not get the whole request, or asks for it later.
/// </summary>
/// <param name="body">The body that is verified while it passes, or null if there is none.</param>
internal sealed class OnceDelivery(ITakenCalls taken, Authorization authorization, AppRequest request, VerifiedBody? body)
{
    private static readonly TimeSpan UntilForgotten = TimeSpan.FromHours(1);

    private readonly TakenKey key =
        new(authorization.Portal.Portal.Id, request.App, authorization.Signature.Signer!.Id, authorization.Signature.OnceKey!);

    /// <returns>What the core answers in the app's place, signed, or null if the app gets the call.</returns>
    /// <exception cref="RefusedException"><c>rate_limited</c></exception>
    public async Task<Problem?> Begin(CancellationToken ct)
    {
        var fingerprint = SHA256.HashData(Encoding.UTF8.GetBytes($"{request.Method} {request.Target} {authorization.Signature.ContentDigest}"));
        var known = await taken.Take(key, fingerprint, ct);
        return known.Taking switch
        {
            Taking.First => null,
            Taking.Again => Problem.Of(new RefusedException(
                RefusalKind.Conflict, SignedAnswers.AlreadyDelivered, "This call was delivered to the app before.")) with { AnswerStatus = known.Status },
            Taking.OtherRequest => Problem.Of(new RefusedException(
                RefusalKind.Unprocessable, SignedAnswers.KeyReused, "Another call of this Portal to this app had this key.")),
            _ => throw new RefusedException(RefusalKind.TooMany, "rate_limited", "Too many calls of this Portal to this app are remembered.")
            {
                RetryAfter = UntilForgotten,
            },
        };
    }

    /// <summary>Stores what the app has answered. If the request did not reach it, or it asks for it later, another attempt may follow.</summary>
    public Task End(HttpContext context, ForwarderError error)
    {
        if (error == ForwarderError.None && !Deferral.MayBeTriedAgain(context.Response.StatusCode))
            return taken.Answered(key, context.Response.StatusCode, CancellationToken.None);

        var failure = context.Features.Get<IForwarderErrorFeature>()?.Exception as HttpRequestException;
        var isUnreached = failure?.HttpRequestError == HttpRequestError.ConnectionError;
        return error == ForwarderError.None || isUnreached || body is { IsWhole: false }
            ? taken.Forget(key, CancellationToken.None)
            : Task.CompletedTask;
    }
}
