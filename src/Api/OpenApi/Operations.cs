using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;
using PeerRegistry.Api.Http;

namespace PeerRegistry.Api.OpenApi;

/// <summary>Adds to an operation what its endpoint demands and refuses.</summary>
internal static class Operations
{
    public static void Describe(OpenApiOperation operation, IReadOnlyList<object> endpoint, OpenApiDocument document)
    {
        var codes = new SortedDictionary<int, List<string>>();
        foreach (var refusal in endpoint.OfType<RefusalCodes>())
            Add(codes, refusal.Status, [.. refusal.Codes]);

        foreach (var policy in endpoint.OfType<IAuthorizeData>().Select(authorize => authorize.Policy))
        {
            operation.Security = [.. (policy == Policies.App ? Documents.AppSchemes : Documents.OwnerSchemes).Select(scheme => Requires(scheme, document))];
            Add(codes, 401, "not_authenticated", "token_invalid");
            Add(codes, 403, "forbidden");
        }

        if (endpoint.OfType<SignedByPortal>().Any())
            operation.Security = [Requires(Documents.MessageSignature, document)];
        if (operation.Parameters is { Count: > 0 } parameters)
            DescribeParameters(operation, parameters, codes);
        if (endpoint.OfType<ReadBody>().LastOrDefault() is { } read)
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Description = read.Description,
                Content = read.MediaTypes.ToDictionary(type => type, _ => new OpenApiMediaType
                {
                    Schema = read.Example is null ? null : new OpenApiSchema { Type = JsonSchemaType.Object },
                    Example = read.Example is null ? null : JsonNode.Parse(read.Example),
                }),
            };
        }

        if (operation.RequestBody is not null)
            Add(codes, 413, "body_too_large");
        if (endpoint.OfType<IAcceptsMetadata>().Any())
        {
            Add(codes, 400, "json_invalid", "request_invalid");
            Add(codes, 415, "content_type_unsupported");
        }

        if (endpoint.OfType<EnableRateLimitingAttribute>().Any())
            Add(codes, 429, "rate_limited");

        operation.Responses ??= [];
        foreach (var (status, all) in codes)
        {
            operation.Responses[status.ToString(CultureInfo.InvariantCulture)] =
                Usual(status, all, document) is { } usual ? usual : Problem(status, all, document);
        }

        operation.Responses["default"] = new OpenApiResponseReference(Documents.OtherProblem, document);
    }

    /// <summary>A reference, or null if it is none of those that many operations have.</summary>
    private static OpenApiResponseReference? Usual(int status, List<string> codes, OpenApiDocument document) =>
        Documents.UsualProblems.FirstOrDefault(usual => usual.Status == status && usual.Codes.SequenceEqual(codes)) is { } found
            ? new OpenApiResponseReference(found.Name, document)
            : null;

    /// <param name="codes">All codes that there can be with the status, or none if there can be any.</param>
    public static OpenApiResponse Problem(int status, IReadOnlyList<string> codes, OpenApiDocument document)
    {
        IOpenApiSchema any = new OpenApiSchemaReference(Documents.ProblemSchema, document);
        var response = new OpenApiResponse
        {
            Description = ReasonPhrases.GetReasonPhrase(status),
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/problem+json"] = new()
                {
                    Schema = codes.Count == 0 ? any : new OpenApiSchema { AllOf = [any, With(codes)] },
                    Example = new JsonObject
                    {
                        ["title"] = ReasonPhrases.GetReasonPhrase(status),
                        ["status"] = status,
                        ["code"] = codes is [var first, ..] ? first : Http.Problem.OfStatus(status).Code,
                    },
                },
            },
        };
        if (status == StatusCodes.Status401Unauthorized)
            response.Headers = Header("WWW-Authenticate", "How to authenticate.");
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
            response.Headers = Header("Retry-After", "In how many seconds to try again.");
        return response;
    }

    public static Dictionary<string, IOpenApiHeader> Header(string name, string description) => new()
    {
        [name] = new OpenApiHeader { Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } },
    };

    public static OpenApiParameter Parameter(string name, ParameterLocation place, string description, string? example = null) => new()
    {
        Name = name,
        In = place,
        Required = true,
        Description = description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        Example = example,
    };

    private static OpenApiSecurityRequirement Requires(string scheme, OpenApiDocument document) =>
        new() { [new OpenApiSecuritySchemeReference(scheme, document)] = [] };

    private static void DescribeParameters(OpenApiOperation operation, IList<IOpenApiParameter> parameters, SortedDictionary<int, List<string>> codes)
    {
        if (parameters.Any(parameter => parameter.In == ParameterLocation.Query && (parameter.Required || parameter.Name is not "v")))
            Add(codes, 400, "request_invalid");
        foreach (var parameter in parameters.OfType<OpenApiParameter>())
            parameter.Description ??= Documents.ParameterDescriptions.GetValueOrDefault(parameter.Name!);
        if (parameters.OfType<OpenApiParameter>().FirstOrDefault(parameter => parameter.Name == "limit") is not { } limit)
            return;

        var range = (OpenApiSchema)limit.Schema!;
        (range.Minimum, range.Maximum) = ("1", Paging.MaxLimit.ToString(CultureInfo.InvariantCulture));
        if (parameters.Any(parameter => parameter.Name == "after") && operation.Responses?.GetValueOrDefault("200") is OpenApiResponse list)
            list.Headers = Header("Link", "Leads to the next page, with rel=\"next\", if there are more items.");
    }

    private static OpenApiSchema With(IReadOnlyList<string> codes) => new()
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["code"] = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. codes.Select(code => JsonValue.Create(code))] },
        },
    };

    private static void Add(SortedDictionary<int, List<string>> codes, int status, params ReadOnlySpan<string> further)
    {
        if (!codes.TryGetValue(status, out var known))
            codes[status] = known = [];
        foreach (var code in further)
        {
            if (!known.Contains(code))
                known.Add(code);
        }
    }
}
