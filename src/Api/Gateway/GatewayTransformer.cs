using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http.Features;
using PeerRegistry.Api.ForwardAuth;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.ForwardAuth;
using PeerRegistry.Application.Gateway;
using PeerRegistry.Application.SignedCalls;
using PeerRegistry.Application.Snapshots;
using PeerRegistry.Domain.Apps;
using PeerRegistry.Domain.SignedCalls;
using Yarp.ReverseProxy.Forwarder;

namespace PeerRegistry.Api.Gateway;

/// <summary>
/// What passes between a caller and an app. YARP's own copying of header fields is not used: here, whatever names the caller or the core is the core's
/// word alone, in whatever spelling it was sent.
/// </summary>
/// <param name="bodyIsVerified">Whether the app gets the body only if it is the one that a peer signed.</param>
/// <param name="signer">Signs the answer, or null if the caller is no peer.</param>
internal sealed class GatewayTransformer(
    AppRequest request, Authorization authorization, AppServer server, IPortalSnapshots snapshots, CallerAddress addresses, bool bodyIsVerified,
    AnswerSigner? signer) : HttpTransformer
{
    /// <summary>Tells the app that the core has compared the body with its signed digest.</summary>
    public const string BodyVerified = "X-Ptl-Body-Verified";

    private static readonly UriCreationOptions Exactly = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public override ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        var received = httpContext.Request.Headers;
        proxyRequest.RequestUri = new Uri($"http://{server.Address}{request.Target}", Exactly); // to the byte what was decided about
        var connection = received.Connection.Count == 0 ? null : received.Connection.ToString();
        foreach (var (name, values) in received)
        {
            if (!HeaderFilter.PassesToApp(name, connection))
                continue;
            foreach (var value in values)
            {
                if (!proxyRequest.Headers.TryAddWithoutValidation(name, value))
                    proxyRequest.Content?.Headers.TryAddWithoutValidation(name, value);
            }
        }

        var to = proxyRequest.Headers;
        to.Host = httpContext.Request.Host.Value;
        to.TryAddWithoutValidation("X-Forwarded-For", addresses.Exact(httpContext).ToString());
        to.TryAddWithoutValidation("X-Forwarded-Proto", request.Scheme);
        to.TryAddWithoutValidation("X-Forwarded-Host", request.Authority);
        to.TryAddWithoutValidation(ProxySecret.Header, server.Secret);
        Add("Cookie", OwnSecrets.Cookies(received.Cookie, snapshots));
        Add("Authorization", OwnSecrets.Authorization(received.Authorization, snapshots));
        Add("Content-Digest", authorization.ContentDigest);
        var identity = IdentityHeaders.Of(authorization.Portal);
        var about = identity.Values(authorization.Verdict.Client);
        foreach (var header in identity.For(authorization.Verdict.Rule!))
        {
            if (header.Template is not null && !header.Name.Equals(BodyVerified, StringComparison.OrdinalIgnoreCase))
                Add(header.Name, FieldBytes.Of(header.Template.Render(about)));
        }

        if (bodyIsVerified)
            Add(BodyVerified, "1");
        return default;

        void Add(string name, string value)
        {
            if (value.Length > 0)
                to.TryAddWithoutValidation(name, value);
        }
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is null)
            return false;

        httpContext.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = null; // YARP copies the app's
        Copy(proxyResponse, httpContext.Response.Headers);
        if ((int)proxyResponse.StatusCode == StatusCodes.Status101SwitchingProtocols)
            return true;
        if (signer is not null)
            await signer.Begin(httpContext, proxyResponse, cancellationToken);
        if ((int)proxyResponse.StatusCode == StatusCodes.Status205ResetContent)
            return false; // which has no body (RFC 9110 section 15.3.6), whatever the app sends

        await AnswerStart.Wait(httpContext, proxyResponse, cancellationToken);
        return true;
    }

    /// <summary>Passes trailers on over HTTP/2. Over HTTP/1.1, Kestrel writes none. A signed answer has those of its signature only.</summary>
    public override ValueTask TransformResponseTrailersAsync(HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken)
    {
        signer?.End(httpContext.Response);
        if (signer is null && httpContext.Response.SupportsTrailers())
        {
            foreach (var (name, values) in proxyResponse.TrailingHeaders.NonValidated)
            {
                if (HeaderFilter.PassesFromApp(name, null, signed: false))
                    httpContext.Response.AppendTrailer(name, values.ToArray());
            }
        }

        return default;
    }

    private void Copy(HttpResponseMessage answer, IHeaderDictionary to)
    {
        var connection = answer.Headers.NonValidated.TryGetValues("Connection", out var named) ? named.ToString() : null;
        Copy(answer.Headers.NonValidated, connection, to);
        Copy(answer.Content.Headers.NonValidated, connection, to);
    }

    private void Copy(HttpHeadersNonValidated fields, string? connection, IHeaderDictionary to)
    {
        foreach (var (name, values) in fields)
        {
            if (HeaderFilter.PassesFromApp(name, connection, signed: signer is not null))
                to[name] = values.Count == 1 ? values.ToString() : values.ToArray();
        }
    }
}
