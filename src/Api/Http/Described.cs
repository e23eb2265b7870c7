namespace PeerRegistry.Api.Http;

/// <summary>
/// The codes with which an endpoint refuses with one status, for the OpenAPI document. The codes that follow from what an endpoint demands, such as a
/// paired device or a body of JSON, are added to the document by themselves. Without codes, the problem may have any.
/// </summary>
internal sealed record RefusalCodes(int Status, IReadOnlyList<string> Codes);

/// <summary>The media types of a body that the endpoint reads itself, for the OpenAPI document. They are not enforced by routing.</summary>
/// <param name="Example">An example of a body of JSON, or null if it is none.</param>
internal sealed record ReadBody(IReadOnlyList<string> MediaTypes, string? Description = null, string? Example = null);

/// <summary>The request must be signed by the Portal that sends it (RFC 9421), for the OpenAPI document.</summary>
internal sealed class SignedByPortal;

/// <summary>Says of an endpoint what its handler's signature does not, for the OpenAPI document.</summary>
internal static class Described
{
    public static readonly string[] Pictures = ["image/png", "image/jpeg", "image/gif", "image/webp"];

    public static T Refuses<T>(this T endpoint, int status, params string[] codes)
        where T : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new RefusalCodes(status, codes));

    public static T Reads<T>(this T endpoint, params string[] mediaTypes)
        where T : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new ReadBody(mediaTypes));

    /// <summary>The answer is a picture with an <c>ETag</c>, or 304.</summary>
    public static RouteHandlerBuilder ServesPicture(this RouteHandlerBuilder endpoint, params string[] furtherTypes) =>
        endpoint.Produces<Stream>(StatusCodes.Status200OK, Pictures[0], [.. Pictures[1..], .. furtherTypes]).Produces(StatusCodes.Status304NotModified);
}
