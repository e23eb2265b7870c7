using Microsoft.AspNetCore.Routing;

namespace PeerRegistry.Api.Http;

/// <summary>Answers HEAD wherever GET is answered, with the header fields of GET and without its body (RFC 9110, 9.3.2).</summary>
internal static class HeadRequests
{
    public static T AnswersHead<T>(this T endpoints)
        where T : IEndpointConventionBuilder
    {
        endpoints.Finally(endpoint =>
        {
            if (endpoint.Metadata.OfType<IHttpMethodMetadata>().LastOrDefault()?.HttpMethods is { } methods && methods.Contains("GET")
                && !methods.Contains("HEAD"))
                endpoint.Metadata.Add(new HttpMethodMetadata([.. methods, "HEAD"]));
        });
        return endpoints;
    }
}
