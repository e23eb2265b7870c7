using System.Net;
using Microsoft.AspNetCore.Http.Features;
using PeerRegistry.Api.Apps;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.Common;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Domain.SignedCalls;
using Yarp.ReverseProxy.Forwarder;

namespace PeerRegistry.Api.SignedCalls;

/// <summary>
/// Which header fields pass between an app and a peer. YARP's own copying is not used: its list of fields to leave out is shorter than that
/// of <see cref="HeaderFilter"/>.
/// </summary>
internal sealed class CallTransformer(AppCaller caller, CallHandler handler) : HttpTransformer
{
    /// <summary>Replaced when the peer is known. Without an address YARP would make one of the decoded path.</summary>
    private static readonly Uri SetLater = new("https://peer.invalid/");

    public override ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        var received = httpContext.Request;
        proxyRequest.RequestUri = SetLater;
        HttpContent? content = handler.Upgrade || !HasBody(httpContext)
            ? null
            : new StreamContent(received.Body) { Headers = { ContentLength = received.ContentLength } };
        foreach (var (name, value) in Passing(received.Headers, caller))
        {
            if (proxyRequest.Headers.TryAddWithoutValidation(name, value))
                continue;
            content ??= new ByteArrayContent([]); // Content-Type and its kin live there, body or not
            content.Headers.TryAddWithoutValidation(name, value);
        }

        handler.Content = content;
        return default;
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
            return false;

        var (answer, response) = (handler.Answer!, httpContext.Response);
        httpContext.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = null; // YARP copies the peer's
        foreach (var (name, value) in answer.Fields)
            response.Headers.Append(name, value);
        answer.Cut.UnsafeRegister(static context => ((HttpContext)context!).Abort(), httpContext); // whichever side is waited for
        if (proxyResponse.StatusCode == HttpStatusCode.SwitchingProtocols)
        {
            response.Headers.Connection = "Upgrade";
            response.Headers.Upgrade = "websocket";
            return true;
        }

        await response.StartAsync(answer.Cut); // from here on, a call that breaks off is not answered but aborted
        return proxyResponse.StatusCode != HttpStatusCode.ResetContent // which has no body (RFC 9110 section 15.3.6), whatever the peer sends
            && await Begin(httpContext, proxyResponse, answer.Cut);
    }

    /// <returns>False if the peer's connection broke.</returns>
    private static async ValueTask<bool> Begin(HttpContext context, HttpResponseMessage answer, CancellationToken cut)
    {
        try
        {
            await AnswerStart.Wait(context, answer, cut);
            return true;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            context.Abort(); // an answer that breaks off must not look whole
            return false;
        }
    }

    public override ValueTask TransformResponseTrailersAsync(HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken)
    {
        if (handler.Answer!.Trailers is { Count: > 0 } trailers && httpContext.Response.SupportsTrailers())
        {
            foreach (var (name, value) in trailers)
                httpContext.Response.AppendTrailer(name, value);
        }

        return default;
    }

    /// <summary>The header fields of a call that pass to the peer.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Passing(IHeaderDictionary headers, AppCaller caller)
    {
        var connection = headers.Connection.Count == 0 ? null : headers.Connection.ToString();
        foreach (var (name, values) in headers)
        {
            if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) || !HeaderFilter.Passes(name, connection))
                continue;
            foreach (var value in values)
            {
                if (!name.Equals("Authorization", StringComparison.OrdinalIgnoreCase) || !IsOurs(value, caller))
                    yield return KeyValuePair.Create(name, value);
            }
        }
    }

    private static bool HasBody(HttpContext context) =>
        context.Request.ContentLength is { } length ? length > 0 : context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false };

    /// <summary>A token of this Portal goes nowhere else, whosever it is.</summary>
    private static bool IsOurs(string? authorization, AppCaller caller) =>
        authorization == caller.Proof || (Bearer.Token(authorization) is { } token && caller.Portal.Credentials.ContainsKey(TokenHash.Of(token)));
}
