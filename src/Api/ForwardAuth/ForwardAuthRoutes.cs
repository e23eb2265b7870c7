using Microsoft.OpenApi;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.OpenApi;

namespace PeerRegistry.Api.ForwardAuth;

/// <summary>Describes what <see cref="ForwardAuthMiddleware"/> answers.</summary>
internal sealed class ForwardAuthRoutes : IMiddlewareRoutes
{
    private static readonly RefusalCodes[] Refusals =
    [
        new(400, ["request_invalid", "path_ambiguous", "upgrade_unsupported"]),
        new(401, ["not_authenticated"]),
        new(403, ["forbidden"]),
        new(404, ["app_unknown", "app_not_installed", "not_found"]),
        new(413, ["body_too_large"]),
        new(421, ["host_mismatch"]),
        new(429, ["guard_quota"]),
        new(503, ["guard_cold", "guard_full", "busy", "database_unavailable"]),
    ];

    public Listener Listener => Listener.Internal;

    public void Describe(OpenApiDocument document)
    {
        var asked = Operation(document, "forward-auth", "Decides whether a request to an app may pass, for Caddy and Traefik.");
        asked.Responses!["303"] = new OpenApiResponse
        {
            Description = "A browser of the owner, which is to be led to the login.",
            Headers = Operations.Header("Location", "The login."),
        };
        Operations.Describe(asked, Refusals, document);
        Add(document, ForwardAuthMiddleware.Path, asked);

        var nginx = Operation(document, "forward-auth.nginx", "The same decision for nginx, which only reads 200, 401 and 403.");
        Operations.Describe(nginx, [new RefusalCodes(401, []), new RefusalCodes(403, [])], document);
        foreach (var status in new[] { "401", "403" })
        {
            ((OpenApiResponse)nginx.Responses![status]).Headers = new Dictionary<string, IOpenApiHeader>(
            [
                .. Operations.Header("X-Portal-Status", "The status that the caller is to get."),
                .. Operations.Header("X-Portal-Location", "Where a browser is to be led, with the status 303."),
            ]);
        }

        Add(document, ForwardAuthMiddleware.NginxPath, nginx);
    }

    private static void Add(OpenApiDocument document, string path, OpenApiOperation operation) => document.Paths[path] =
        new OpenApiPathItem { Operations = new Dictionary<HttpMethod, OpenApiOperation> { [HttpMethod.Get] = operation } };

    private static OpenApiOperation Operation(OpenApiDocument document, string id, string summary) => new()
    {
        OperationId = id,
        Summary = summary,
        Description = "The request is described by these header fields and by its own, which the proxy sends along. The query is ignored.",
        Tags = new HashSet<OpenApiTagReference> { new("Proxy", document) },
        Parameters =
        [
            Operations.Parameter("X-Forwarded-Method", ParameterLocation.Header, "The method.", "GET"),
            Operations.Parameter("X-Forwarded-Proto", ParameterLocation.Header, "The scheme.", "https"),
            Operations.Parameter("X-Forwarded-Host", ParameterLocation.Header, "The host and port as the caller sent them.", "photo-wall.2wlwgy.example.org"),
            Operations.Parameter("X-Forwarded-Uri", ParameterLocation.Header, "The raw path and query.", "/"),
        ],
        Responses = new OpenApiResponses
        {
            ["200"] = new OpenApiResponse
            {
                Description = "The request may pass. The proxy sets these header fields and every X-Ptl-* field of the answer on the request, replacing what the caller sent.",
                Headers = new Dictionary<string, IOpenApiHeader>(
                [
                    .. Operations.Header("X-Ptl-Client-Type", "terminal, peer or anonymous."),
                    .. Operations.Header("X-Ptl-Client-Id", "The id of the device or the peer, or empty."),
                    .. Operations.Header("X-Ptl-Client-Name", "The name of the device or the peer, or empty."),
                    .. Operations.Header("Cookie", "The cookies without those of the core."),
                    .. Operations.Header("Authorization", "The field without the secrets of the core."),
                    .. Operations.Header("Content-Digest", "The digest that the caller signed, or empty."),
                ]),
            },
        },
    };
}
