using System.Net;
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using PeerRegistry.Api.Apps;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;
using Yarp.ReverseProxy.Forwarder;

namespace PeerRegistry.Api.SignedCalls;

/// <summary>
/// <c>/internal/call_peer/{id}/{path}</c>, any method: an app calls the same app on a peer's Portal. On the internal listener, and
/// before the general pipeline, which would cost a call about as much as its signature does.
/// </summary>
internal sealed class CallPeerMiddleware(
    RequestDelegate next, ISnapshotTrust trust, AppCallers callers, HotPath hotPath, IHttpForwarder forwarder, CallDeferral deferral)
{
    public const string Path = "/internal/call_peer";

    /// <summary>
    /// Carries the code of a problem of the core. Such fields of a peer do not pass, so an app knows that the core answered, and not the peer, whose answers
    /// may be problems, too.
    /// </summary>
    public const string Problem = "X-Ptl-Problem";

    private static readonly ForwarderRequestConfig Config = new()
    {
        ActivityTimeout = TimeSpan.FromMilliseconds(int.MaxValue), // calls have limits of their own
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
    };

    public Task InvokeAsync(HttpContext context) => context.Listener() == Listener.Internal && IsCall(context) ? CallOrName(context) : next(context);

    /// <summary>
    /// Whether either reading of the path is a call. The server resolves dot segments, so a call whose path has enough of them would otherwise reach
    /// another route of the core with the app's token.
    /// </summary>
    private static bool IsCall(HttpContext context) =>
        context.Request.Path.Value!.StartsWith(CallTarget.Prefix, StringComparison.OrdinalIgnoreCase)
        || context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.StartsWith(CallTarget.Prefix, StringComparison.OrdinalIgnoreCase);

    /// <summary>A call whose failure is named in a header, too.</summary>
    private async Task CallOrName(HttpContext context)
    {
        try
        {
            await Call(context);
        }
        catch (Exception failure) when (!context.Response.HasStarted)
        {
            var code = Errors.ToProblem(failure).Code;
            context.Response.OnStarting(() =>
            {
                context.Response.Headers[Problem] = code;
                return Task.CompletedTask;
            });
            throw;
        }
    }

    private async Task Call(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null; // the forwarder counts the body alone, Kestrel the framing of its chunks too
        context.Features.Get<IHttpMinResponseDataRateFeature>()?.MinDataRate = null; // an app may pause for as long as calls may stand still

        await trust.Require(context.RequestAborted);
        var caller = await callers.Identify(context);
        var (id, target) = CallTarget.Split(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        if (DeferralHeaders.IsWanted(context.Request.Headers))
        {
            await deferral.Accept(context, caller, id.ToString(), target);
            return;
        }

        var upgrade = IsWebSocket(context);
        if (!upgrade)
            context.Request.Headers.Remove("Upgrade"); // YARP would pass on other protocols, too
        context.Request.Method = SignedForm.Method(context.Request.Method);

        using var handler = new CallHandler(hotPath, caller, id, target, upgrade, context.RequestAborted);
        using var invoker = new HttpMessageInvoker(handler, disposeHandler: false);
        if (await forwarder.SendAsync(context, "https://peer", invoker, Config, new CallTransformer(caller, handler)) == ForwarderError.None)
            return;
        if (context.Features.Get<IForwarderErrorFeature>()?.Exception is { } failure && !context.Response.HasStarted)
            ExceptionDispatchInfo.Throw(failure);
        context.Abort(); // a response that breaks off must not look whole
    }

    private static bool IsWebSocket(HttpContext context) =>
        string.Equals(context.Request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase)
        && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true };
}
