using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using PeerRegistry.Api.Apps;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;

namespace PeerRegistry.Api.SignedCalls;

/// <summary>
/// <c>/internal/call_peer/{id}/{path}</c>, any method: an app calls the same app on a peer's Portal. On the internal listener, and
/// before the general pipeline, which would cost a call about as much as its signature does.
/// </summary>
internal sealed class CallPeerMiddleware(RequestDelegate next, ISnapshotTrust trust, AppCallers callers, HotPath hotPath)
{
    public const string Path = "/internal/call_peer";
    private const string Prefix = Path + "/";

    public Task InvokeAsync(HttpContext context) =>
        context.Request.Path.Value!.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && context.Listener() == Listener.Internal
            ? Call(context)
            : next(context);

    private async Task Call(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null; // the forwarder counts the body alone, Kestrel the framing of its chunks too
        context.Features.Get<IHttpMinResponseDataRateFeature>()?.MinDataRate = null; // an app may pause for as long as calls may stand still

        await trust.Require(context.RequestAborted);
        var caller = await callers.Identify(context);
        var (id, target) = Split(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        var upgrade = IsWebSocket(context);
        var call = new CallPeer(
            caller.Portal,
            caller.App,
            id,
            SignedForm.Method(context.Request.Method),
            target,
            Fields(context.Request.Headers, caller),
            upgrade || !HasBody(context) ? null : context.Request.Body,
            context.Request.ContentLength,
            upgrade);
        await using var answer = await hotPath.Send(call, context.RequestAborted);
        await AnswerCopy.ToCaller(answer, context);
    }

    /// <summary>Reads the request line itself, since routing has decoded its path.</summary>
    private static (ReadOnlyMemory<char> Id, string Target) Split(string raw)
    {
        if (!raw.StartsWith(Prefix, StringComparison.Ordinal))
            throw SignedForm.Ambiguous();

        var end = raw.AsSpan(Prefix.Length).IndexOfAny('/', '?');
        if (end < 0)
            return (raw.AsMemory(Prefix.Length), "/");

        var (id, rest) = (raw.AsMemory(Prefix.Length, end), raw[(Prefix.Length + end)..]);
        var target = rest[0] == '/' ? rest : "/" + rest;
        return (id, SignedForm.Target(target));
    }

    private static bool IsWebSocket(HttpContext context) =>
        string.Equals(context.Request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase)
        && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true };

    private static bool HasBody(HttpContext context) =>
        context.Request.ContentLength is { } length ? length > 0 : context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false };

    private static List<KeyValuePair<string, string>> Fields(IHeaderDictionary headers, in AppCaller caller)
    {
        var connection = headers.Connection.Count == 0 ? null : headers.Connection.ToString();
        var fields = new List<KeyValuePair<string, string>>(headers.Count);
        foreach (var (name, values) in headers)
        {
            if (!HeaderFilter.Passes(name, connection))
                continue;
            foreach (var value in values)
            {
                if (!name.Equals("Authorization", StringComparison.OrdinalIgnoreCase) || !IsOurs(value, caller))
                    fields.Add(KeyValuePair.Create(name, value ?? ""));
            }
        }

        return fields;
    }

    /// <summary>A token of this Portal goes nowhere else, whosever it is.</summary>
    private static bool IsOurs(string? authorization, in AppCaller caller) =>
        authorization == caller.Proof || (Bearer.Token(authorization) is { } token && caller.Portal.Credentials.ContainsKey(TokenHash.Of(token)));
}
