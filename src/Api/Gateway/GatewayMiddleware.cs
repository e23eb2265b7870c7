using System.Data.Common;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using PeerRegistry.Api.ForwardAuth;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Apps;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.ForwardAuth;
using PeerRegistry.Application.Gateway;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Common;
using Yarp.ReverseProxy.Forwarder;

namespace PeerRegistry.Api.Gateway;

/// <summary>
/// Forwards requests for the hosts of apps to the apps, on the edge listener. It decides by the same code as forward-auth, and what was decided about is
/// what the app gets: no second server reads the request in between.
/// </summary>
/// <remarks>
/// 1. The decision. 2. The limits. 3. The body of a signed request is verified while it passes. 4. A call that is to be delivered once is refused if it was
/// delivered before. 5. YARP forwards. 6. The answer to a peer is signed.
/// The request is under watch from the decision to its last byte.
/// </remarks>
internal sealed class GatewayMiddleware(
    RequestDelegate next, IPortalSnapshots snapshots, ISnapshotTrust trust, AppAuthorizer authorizer, AppRefusal refusals, IAppProbes probes,
    GatewayLimits limits, OpenRequests requests, IAppServers servers, IHttpForwarder forwarder, ISignatures signatures, ITakenCalls taken,
    CallerAddress addresses, RegistryOptions options)
{
    /// <summary>A body may pause for a minute.</summary>
    private static readonly MinDataRate LeastRate = new(240, TimeSpan.FromMinutes(1));

    private readonly ForwarderRequestConfig config = new()
    {
        ActivityTimeout = options.Gateway.IdleTimeout,
        Version = System.Net.HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    public Task InvokeAsync(HttpContext context) =>
        EdgePortal.AppOf(context, snapshots) is var (portal, app) ? Serve(context, portal, app) : next(context);

    private async Task Serve(HttpContext context, PortalSnapshot portal, string app)
    {
        try
        {
            await trust.Require(context.RequestAborted);
            var request = AppRequest.Received(context, portal, app);
            // :: Step 1: the decision, by the code of forward-auth
            var authorization = await authorizer.Authorize(context, request, body: null);
            VerdictMetrics.Count(authorization.Verdict);
            if (authorization.Verdict.Rule is not null)
                probes.Asked(portal.Portal.Id, app);
            switch (authorization.Verdict.Ruling)
            {
                case Ruling.Granted:
                    await Forward(context, request, authorization);
                    break;
                case Ruling.SessionNeeded:
                    refusals.Redirect(context, request);
                    break;
                case Ruling.NotInstalled when authorization.Signature is { Signer.IsOriginal: false, Label: { } label }:
                    var missing = Problem.Of(AppAuthorizer.Refusal(Ruling.NotInstalled));
                    await Say(context, missing, portal, AppAuthorizer.Signed(request, context.Request.Headers), label);
                    break;
                default:
                    throw AppAuthorizer.Refusal(authorization.Verdict.Ruling);
            }
        }
        catch (RefusedException refused) when (!context.Response.HasStarted)
        {
            context.Response.Clear();
            await refusals.Write(context, refused, context.Request.Host.Value);
        }
        catch (DbException e) when (DatabaseFailures.MeansUnavailable(e) && !context.Response.HasStarted)
        {
            await refusals.Write(context, DatabaseUnavailable.Refusal(), context.Request.Host.Value);
        }
    }

    /// <summary>
    /// Answers a peer in the place of an app, signed as the core's own word, so that the peer's core can tell it from what an app or a proxy says. It is
    /// never a page: a core reads it.
    /// </summary>
    private async Task Say(HttpContext context, Problem problem, PortalSnapshot portal, ReceivedRequest request, string label)
    {
        var body = HttpMethods.IsHead(request.Method) ? default : problem.Json();
        foreach (var (name, value) in signatures.SignAnswer(portal.Portal.Id, problem.Status, body.Span, request, label))
            context.Response.Headers[name] = value;
        context.Response.StatusCode = problem.Status;
        problem.AddFields(context.Response.Headers);
        context.Response.ContentType = "application/problem+json";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private async Task Forward(HttpContext context, AppRequest request, Authorization authorization)
    {
        // :: Step 2: the limits
        var portal = authorization.Portal.Portal.Id;
        using var lease = limits.Enter(new GatewayCaller(new AppPlace(portal, request.App), Caller(context, authorization.Verdict.Client)));
        var server = await servers.Find(authorization.Portal, authorization.Portal.Apps[request.App], context.RequestAborted);
        Limit(context);

        // :: Step 3: the body of a signed request
        using var open = requests.Enter(authorization);
        var isUpgrade = IsWebSocket(context);
        if (!isUpgrade)
            context.Request.Headers.Remove("Upgrade"); // YARP would pass on other protocols, too
        var isSigned = authorization.Signature is { Signer: not null, ContentDigest: not null } && !isUpgrade;
        await using var body = isSigned ? Verified(context, authorization.Signature.ContentDigest!) : null;

        // :: Step 4: a call that is to be delivered once
        var once = authorization.Signature.OnceKey is null ? null : new OnceDelivery(taken, authorization, request, body);
        if (once is not null && await once.Begin(context.RequestAborted) is { } delivered)
        {
            var sent = AppAuthorizer.Signed(request, context.Request.Headers);
            await Say(context, delivered, authorization.Portal, sent, authorization.Signature.Label!);
            return;
        }

        // :: Steps 5 and 6: forward, and sign the answer to a peer
        using var signer = authorization.Signature is { Signer.IsOriginal: false, Label: { } label }
            ? new AnswerSigner(signatures, portal, AppAuthorizer.Signed(request, context.Request.Headers), label)
            : null;
        var transformer = new GatewayTransformer(request, authorization, server, snapshots, addresses, isSigned, signer);
        var error = await forwarder.SendAsync(context, "http://app.invalid", servers.Connections, config, transformer, open.Cut);
        if (once is not null)
            await once.End(context, error);
        if (error == ForwarderError.None || context.RequestAborted.IsCancellationRequested)
            return;
        if (context.Response.HasStarted)
            context.Abort(); // an answer that breaks off must not look whole
        else
            throw body?.Refusal ?? Why(context.Features.Get<IForwarderErrorFeature>()?.Exception, open);
    }

    /// <summary>Compares a body that is there while it is read, and refuses one that is missing.</summary>
    private VerifiedBody? Verified(HttpContext context, string contentDigest)
    {
        var digest = signatures.Digest(contentDigest);
        RefusedException? Compare(IBodyDigest whole) => whole.Is(contentDigest)
            ? null
            : new RefusedException(RefusalKind.Invalid, SignatureReasons.DigestMismatch, "This is not the body that the peer signed.");

        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
        {
            var body = new VerifiedBody(context.Request.Body, context.Request.ContentLength, digest, VerifiedBody.Usual, Compare);
            context.Request.Body = body;
            return body;
        }

        using (digest)
            return Compare(digest) is { } refusal ? throw refusal : null;
    }

    private void Limit(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = options.Gateway.MaxBodyBytes;
        if (!HttpProtocol.IsHttp2(context.Request.Protocol) && context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = LeastRate;
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } answer)
            answer.MinDataRate = null; // a caller may pause for as long as nothing may move
    }

    private string Caller(HttpContext context, Client client) => client.Id.Length > 0 ? client.Id : Networks.Of(addresses.Of(context));

    private static bool IsWebSocket(HttpContext context) =>
        AppRequest.IsWebSocketOverHttp2(context)
        || (string.Equals(context.Request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase)
            && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true });

    /// <summary>Why a request failed before its answer began.</summary>
    private static RefusedException Why(Exception? failure, OpenRequest open)
    {
        if (open.Cut.IsCancellationRequested)
            return new(RefusalKind.Forbidden, "forbidden", "This path was closed to you while the request was under way.");

        foreach (var cause in Causes(failure))
        {
            switch (cause)
            {
                case RefusedException refused:
                    return refused;
                case Microsoft.AspNetCore.Http.BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                    return new(RefusalKind.TooLarge, "body_too_large", "The body is larger than this Portal accepts.");
                case Microsoft.AspNetCore.Http.BadHttpRequestException:
                    return new(RefusalKind.Invalid, "request_invalid", "The body of the request is malformed, or was sent too slowly.");
                case OperationCanceledException or TimeoutException:
                    return new(RefusalKind.TimedOut, "app_timeout", "The app did not answer in time.");
            }
        }

        return new(RefusalKind.Unreachable, "app_failed", "The app closed the connection before it had answered.");
    }

    private static IEnumerable<Exception> Causes(Exception? failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is AggregateException several)
                return several.Flatten().InnerExceptions.SelectMany(Causes);
            if (cause.InnerException is null)
                return [cause];
        }

        return [];
    }
}
