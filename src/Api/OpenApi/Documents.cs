using Microsoft.OpenApi;
using PeerRegistry.Api.Http;

namespace PeerRegistry.Api.OpenApi;

internal sealed record UsualProblem(string Name, int Status, IReadOnlyList<string> Codes);

/// <summary>The parts of a document that are not of one operation.</summary>
internal static class Documents
{
    public const string ProblemSchema = "Problem";
    public const string OtherProblem = "OtherProblem";

    private const string DeviceToken = "device_token";
    private const string DeviceCookie = "device_cookie";
    public const string MessageSignature = "message_signature";
    private const string AppToken = "app_token";
    private const string AppProxyToken = "app_proxy_token";

    /// <summary>Each of them is enough.</summary>
    public static readonly IReadOnlyList<string> OwnerSchemes = [DeviceToken, DeviceCookie];

    /// <summary>Each of them is enough.</summary>
    public static readonly IReadOnlyList<string> AppSchemes = [AppToken, AppProxyToken];

    public static readonly IReadOnlyDictionary<string, string> ParameterDescriptions = new Dictionary<string, string>
    {
        ["id"] = "The id; that of a peer is its full or short ID.",
        ["name"] = "The name.",
        ["call"] = "The id of the call, the last part of its Location.",
        ["limit"] = "How many items there are at most, 1 to 1000. Default: 1000",
        ["after"] = "The cursor from the Link header of the page before.",
        ["v"] = "The beginning of the picture's SHA-256 in hexadecimal, with which the answer may be cached for a year.",
        ["challenge"] = "22 to 86 base64url characters. With it, the answer is signed, and the signature covers it.",
        ["code"] = "The pairing code as the owner was shown it, or that of the recovery sheet. Case, spaces and dashes are ignored.",
        ["forget"] = "Whether the pinned key is forgotten, too.",
        ["status"] = "Only peers of this status: pending, mutual or withdrawn.",
        ["type"] = "Only events of this type; docs/events.md has them all.",
        ["stream"] = "Only events of this stream, such as portal or peer-{short ID}.",
        ["path"] = "The path and query that the request would have.",
        ["as"] = "Who would send it: anonymous, device or peer:{ID}. Default: anonymous",
        ["domain"] = "The host name.",
    };

    /// <summary>The problems that many operations have.</summary>
    public static readonly IReadOnlyList<UsualProblem> UsualProblems =
    [
        new("IdMalformed", 400, ["id_malformed"]),
        new("QueryInvalid", 400, ["request_invalid"]),
        new("BodyInvalid", 400, ["json_invalid", "request_invalid"]),
        new("NotAuthenticated", 401, ["not_authenticated", "token_invalid"]),
        new("Forbidden", 403, ["forbidden"]),
        new("PeerUnknown", 404, ["peer_unknown"]),
        new("AppUnknown", 404, ["app_unknown"]),
        new("BodyTooLarge", 413, ["body_too_large"]),
        new("ContentTypeUnsupported", 415, ["content_type_unsupported"]),
    ];

    /// <summary>The codes of <see cref="OtherProblem"/>, which every operation may be answered with.</summary>
    public static readonly IReadOnlyList<string> OtherCodes =
    [
        "request_invalid", "portal_unknown", "not_found", "method_not_allowed", "request_too_slow", "host_mismatch", "head_too_large", "rate_limited",
        "internal_error", "busy", "unavailable", "database_unavailable", "storage_full",
    ];

    public static void Describe(OpenApiDocument document, Listener listener)
    {
        var isEdge = listener == Listener.Edge;
        document.Info = new OpenApiInfo
        {
            Title = isEdge ? "PeerRegistry, edge listener" : "PeerRegistry, internal listener",
            Version = "1.0",
            Description = (isEdge
                ? "What the owner's devices, other Portals and everybody else reach, on the Portal's own host."
                : "What the apps of a Portal and its reverse proxy reach.")
                + " HEAD is answered wherever GET is. Members may be added to answers; members that a request must not have are refused.",
        };
        document.Servers = isEdge
            ? [new OpenApiServer { Url = "/" }]
            :
            [
                new OpenApiServer { Url = "http://portal_core", Description = "In a container" },
                new OpenApiServer { Url = "http://127.0.0.1:8081", Description = "On the same machine" },
            ];
        document.AddComponent<IOpenApiSchema>(ProblemSchema, Problem());
        document.AddComponent<IOpenApiResponse>(OtherProblem, new OpenApiResponse
        {
            Description = $"Any other problem. The code is one of {string.Join(", ", OtherCodes)}.",
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/problem+json"] = new() { Schema = new OpenApiSchemaReference(ProblemSchema, document) },
            },
        });
        foreach (var usual in UsualProblems)
            document.AddComponent<IOpenApiResponse>(usual.Name, Operations.Problem(usual.Status, usual.Codes, document));
        foreach (var (name, scheme) in isEdge ? EdgeSchemes() : InternalSchemes())
            document.AddComponent<IOpenApiSecurityScheme>(name, scheme);
    }

    /// <summary>Lets answers have further members, which a later version may add. Only what a request has is complete.</summary>
    public static void OpenAnswers(OpenApiDocument document)
    {
        var asked = new HashSet<string>();
        foreach (var operation in document.Paths.Values.SelectMany(path => path.Operations!.Values))
        {
            foreach (var body in operation.RequestBody?.Content?.Values ?? [])
                AddReferences(body.Schema, asked);
        }

        foreach (var (name, schema) in document.Components!.Schemas!)
        {
            if (schema is OpenApiSchema answer && !asked.Contains(name))
                answer.AdditionalPropertiesAllowed = true;
        }
    }

    private static void AddReferences(IOpenApiSchema? schema, HashSet<string> names)
    {
        if (schema is OpenApiSchemaReference { Reference.Id: { } name } && !names.Add(name))
            return;
        foreach (var part in (schema?.Properties?.Values ?? []).Concat(schema?.OneOf ?? []).Append(schema?.Items).OfType<IOpenApiSchema>())
            AddReferences(part, names);
    }

    private static OpenApiSchema Problem() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "A problem (RFC 9457).",
        Required = new HashSet<string> { "title", "status", "code" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["title"] = Text("The reason phrase of the status."),
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "The status of the answer." },
            ["detail"] = Text("A sentence for people."),
            ["code"] = Text("What the problem is, for programs. A code never changes its meaning."),
            ["reason"] = Text("A second code that says why, if the code does not say all."),
        },
    };

    private static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };

    private static Dictionary<string, OpenApiSecurityScheme> EdgeSchemes() => new()
    {
        [DeviceToken] = Bearer("The token of a paired device."),
        [DeviceCookie] = Key(ParameterLocation.Cookie, Devices.OwnerSession.Cookie,
            "The same token as a cookie. A request that changes something must then come from a page of the same origin."),
        [MessageSignature] = Key(ParameterLocation.Header, "Signature",
            "An HTTP message signature (RFC 9421) by the sending Portal, with Signature-Input and Content-Digest; see docs/protocol.md."),
    };

    private static Dictionary<string, OpenApiSecurityScheme> InternalSchemes() => new()
    {
        [AppToken] = Bearer("The token of an app. An app that the Portal knows by the address of its container needs none."),
        [AppProxyToken] = Key(ParameterLocation.Header, "Proxy-Authorization",
            "Bearer and the token of an app, where Authorization is meant for the app of the peer."),
    };

    private static OpenApiSecurityScheme Bearer(string description) => new() { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = description };

    private static OpenApiSecurityScheme Key(ParameterLocation place, string name, string description) =>
        new() { Type = SecuritySchemeType.ApiKey, In = place, Name = name, Description = description };
}
