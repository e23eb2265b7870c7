using PeerRegistry.Api.Http;

namespace PeerRegistry.Api.Apps;

/// <summary>Serves the JSON schema of <c>app_meta.json</c>, which says for editors and tools what <c>AppMetaParser</c> accepts.</summary>
internal static class AppMetaSchema
{
    public const string Path = "/schema/app_meta.json";

    private static readonly byte[] Schema = Read();

    public static void MapAppMetaSchema(this IEndpointRouteBuilder routes, Listener listener) =>
        routes.MapGet(Path, () => TypedResults.Bytes(Schema, "application/schema+json"))
            .WithName($"app-meta.schema.{Listeners.NameOf(listener)}").WithTags("Descriptions")
            .WithSummary("Serves the JSON schema (draft 2020-12) of app_meta.json.").Produces<object>(StatusCodes.Status200OK, "application/schema+json");

    private static byte[] Read()
    {
        using var resource = typeof(AppMetaSchema).Assembly.GetManifestResourceStream("app_meta.schema.json")!;
        using var schema = new MemoryStream();
        resource.CopyTo(schema);
        return schema.ToArray();
    }
}
