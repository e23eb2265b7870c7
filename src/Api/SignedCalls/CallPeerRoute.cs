using Microsoft.OpenApi;
using PeerRegistry.Api.Http;
using PeerRegistry.Api.OpenApi;

namespace PeerRegistry.Api.SignedCalls;

/// <summary>Describes what <see cref="CallPeerMiddleware"/> answers.</summary>
internal sealed class CallPeerRoute : IMiddlewareRoutes
{
    /// <summary>Those that OpenAPI can name and that a call may have.</summary>
    private static readonly string[] Methods = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH"];

    public Listener Listener => Listener.Internal;

    public void Describe(OpenApiDocument document) => document.Paths[$"{CallPeerMiddleware.Path}/{{id}}/{{path}}"] = new OpenApiPathItem
    {
        Operations = Methods.ToDictionary(method => HttpMethod.Parse(method), method => Call(method, document)),
    };

    private static OpenApiOperation Call(string method, OpenApiDocument document)
    {
        var operation = new OpenApiOperation
        {
            OperationId = $"call-peer.{method.ToLowerInvariant()}",
            Summary = "Calls the same app on a peer's Portal.",
            Description = "Any method. The peer's app receives query, header fields and body unchanged, signed by this Portal, and its answer is passed on as it "
                + "arrives, whatever its status and type. The path may have slashes or be empty. The request may be an upgrade to a WebSocket. "
                + "With Prefer: respond-async, it is stored and delivered later.",
            Tags = new HashSet<OpenApiTagReference> { new("Calls", document) },
            Parameters =
            [
                Operations.Parameter("id", ParameterLocation.Path, "The full or the short ID of the peer."),
                Operations.Parameter("path", ParameterLocation.Path, "The path on the peer's app, which is sent as it is written.", "postcards"),
                Header("Prefer", "respond-async has the call delivered later (RFC 7240)."),
                Header("Idempotency-Key", "By which a call that is delivered later is recognized; needed for it. 1 to 128 visible ASCII characters."),
            ],
            Responses = new OpenApiResponses
            {
                ["200"] = new OpenApiResponse
                {
                    Description = "The answer of the peer's app, whose status may be any other, too.",
                    Headers = Operations.Header("X-Ptl-Answer-Verified", "1 if status and body are those that the peer's core signed."),
                },
                ["202"] = new OpenApiResponse
                {
                    Description = "The call is stored and will be delivered later.",
                    Headers = Operations.Header("Location", "The address of the call, below /protected/calls/."),
                },
            },
        };
        if (method is not ("GET" or "HEAD" or "OPTIONS"))
            operation.RequestBody = new OpenApiRequestBody { Content = new Dictionary<string, OpenApiMediaType> { ["*/*"] = new() } };
        Operations.Describe(
            operation,
            [
                new Microsoft.AspNetCore.Authorization.AuthorizeAttribute(Policies.App),
                new RefusalCodes(400, ["path_ambiguous", "method_invalid", "call_not_deferrable", "idempotency_key_missing", "idempotency_key_malformed"]),
                new RefusalCodes(404, ["peer_unknown", "app_not_installed"]),
                new RefusalCodes(409, ["peering_not_mutual", "original_needs_rsa"]),
                new RefusalCodes(413, ["body_too_large"]),
                new RefusalCodes(422, ["idempotency_key_reused"]),
                new RefusalCodes(429, ["rate_limited", "too_many_calls"]),
                new RefusalCodes(502, ["peer_unreachable", "answer_invalid", "answer_forged"]),
                new RefusalCodes(503, ["database_unavailable", "stopping", "busy"]),
                new RefusalCodes(504, ["peer_timeout"]),
                new RefusalCodes(507, ["storage_full"]),
            ],
            document);
        return operation;
    }

    private static OpenApiParameter Header(string name, string description)
    {
        var parameter = Operations.Parameter(name, ParameterLocation.Header, description);
        parameter.Required = false;
        return parameter;
    }
}
