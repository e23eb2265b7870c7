using Microsoft.AspNetCore.Http.Features;
using PeerRegistry.Api.Http;
using PeerRegistry.Application.SignedCalls;

namespace PeerRegistry.Api.SignedCalls;

/// <summary>A request to the core as its sender signed it.</summary>
internal static class SentRequest
{
    /// <summary>Portals speak to each other over https only; TLS ends at the proxy.</summary>
    public static ReceivedRequest AsSent(this HttpContext context) => new(
        context.Request.Method,
        Uri.UriSchemeHttps,
        context.Request.Host.Value?.ToLowerInvariant() ?? "",
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
        new HeaderFields(context.Request.Headers));
}
