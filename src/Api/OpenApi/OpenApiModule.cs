using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using PeerRegistry.Api.Http;

namespace PeerRegistry.Api.OpenApi;

/// <summary>Routes that a middleware answers before routing, and which routing therefore does not know.</summary>
internal interface IMiddlewareRoutes
{
    Listener Listener { get; }

    void Describe(OpenApiDocument document);
}

/// <summary>One OpenAPI document for each listener, made from its endpoints.</summary>
internal static class OpenApiModule
{
    public const string Path = "/openapi/v1.json";

    public static IServiceCollection AddOpenApiDocuments(this IServiceCollection services)
    {
        services.AddSingleton<OpenApiDocuments>();
        services.AddOpenApi(Listeners.NameOf(Listener.Edge), options => Describe(options, Listener.Edge));
        services.AddOpenApi(Listeners.NameOf(Listener.Internal), options => Describe(options, Listener.Internal));
        return services;
    }

    public static void MapOpenApiDocument(this IEndpointRouteBuilder routes, Listener listener) =>
        routes.MapGet(Path, async (OpenApiDocuments documents) => TypedResults.Bytes(await documents.Json(listener), "application/json"))
            .WithName($"openapi.{Listeners.NameOf(listener)}").WithTags("Descriptions")
            .WithSummary("Serves this document.").Produces<object>(StatusCodes.Status200OK, "application/json");

    private static void Describe(OpenApiOptions options, Listener listener)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.ShouldInclude = description =>
            description.ActionDescriptor.EndpointMetadata.OfType<BelongsTo>().LastOrDefault()?.Listener == listener && description.HttpMethod != "HEAD";
        options.CreateSchemaReferenceId = type =>
            WireSchemas.IsScalar(type.Type) ? null : OpenApiOptions.CreateDefaultSchemaReferenceId(type);
        options.AddSchemaTransformer(WireSchemas.Describe);
        options.AddOperationTransformer((operation, context, _) =>
        {
            Operations.Describe(operation, [.. context.Description.ActionDescriptor.EndpointMetadata], context.Document!);
            return Task.CompletedTask;
        });
        options.AddDocumentTransformer((document, context, _) =>
        {
            Documents.Describe(document, listener);
            foreach (var routes in context.ApplicationServices.GetServices<IMiddlewareRoutes>().Where(routes => routes.Listener == listener))
                routes.Describe(document);
            Documents.OpenAnswers(document);
            Examples.AddTo(document);
            return Task.CompletedTask;
        });
    }
}
